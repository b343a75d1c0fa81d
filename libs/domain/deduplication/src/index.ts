export { SeenIds } from './seen-ids.js';
