/**
 * The `contentMediaType` of a setting that is the path of a file with an expression: the config puts the file's content in
 * its place before the source sees it. A relative path is in the folder of the config.
 */
export const EXPRESSION_FILE = 'application/x-jsonata-file'
