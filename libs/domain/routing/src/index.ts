export { hashOf, inShare, isChallenger, type ShareDomain } from './in-share.js';
export { murmur3 } from './murmur3.js';
