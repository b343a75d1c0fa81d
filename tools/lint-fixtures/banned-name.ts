// as apps/monitoring/src/row-mapper.ts ✗ eddyline/file-name
export const rows = 0;
