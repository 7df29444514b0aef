// So that `npm ci` can compile sqlite3 in a folder whose path has a blank in it.
//
// sqlite3's binding.gyp asks node-addon-api for its `include`, the absolute path of its headers, and node-gyp writes that into a
// makefile without quotes: the compiler gets two halves of a path. node-addon-api has the relative path as well, but sqlite3
// does not ask for it. So this package takes the place of node-addon-api (package.json names it, and npm finds that its version
// is one that sqlite3 takes) and answers with the relative path. Everything else is node-addon-api's own.
//
// It is not used where a prebuilt binary is downloaded, nor once sqlite3 is compiled. It can go when sqlite3 asks for `include_dir`.
// A script of the project would come too late: npm runs those of dependencies first. `overrides` look for the folder in
// node_modules/sqlite3 (https://github.com/npm/cli/issues/5584).
//
// node-gyp leaves two more paths without quotes, which does no harm: make says "not found" once, and an empty folder appears that
// is named like the path up to its first blank.
const itself = require('node-addon-api-itself')

// With slashes on Windows too: gyp reads the answer as a shell would, to which a backslash is an escape.
module.exports = { ...itself, include: itself.include_dir.replaceAll('\\', '/') }
