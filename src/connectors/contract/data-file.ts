/**
 * The `contentMediaType` of a setting that is the path of a file, or the URL of one: the config makes a relative path
 * absolute before `configure` sees it, as it does with the database's, so that every command reads the same file.
 */
export const DATA_FILE = 'application/x-data-file'
