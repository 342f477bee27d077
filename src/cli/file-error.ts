const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'which does not exist',
  ENOTDIR: 'which does not exist',
  EISDIR: 'which is a directory',
  EACCES: 'which this user may not use',
  EPERM: 'which this user may not use',
  EROFS: 'which is on a read-only file system',
  ERR_FS_FILE_TOO_LARGE: 'which is too large to be read',
  ERR_STRING_TOO_LONG: 'which is too large to be read',
  ENOSPC: 'which is on a full disk',
};

/** Says in words why the file system refused a path. */
export function formatFileError(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  return REASONS[code] ?? `which cannot be used (${code})`;
}
