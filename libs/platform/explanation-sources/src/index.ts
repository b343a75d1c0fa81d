export { ExplainerUnpackable, explanationSources } from './explanation-sources.js';
