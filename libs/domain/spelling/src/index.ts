export { didYouMean } from './did-you-mean.js';
