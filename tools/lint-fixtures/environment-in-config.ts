// as apps/inference/src/inference.config.ts
export const port = process.env['PORT'];
