#!/bin/sh
# The parts of the bankrun binary, as a CycloneDX 1.6 document on standard output.
#
#   tools/sbom.sh [TARGET-TRIPLE]
#
# All crates that cargo builds for it, with versions, licences, checksums and
# who needs whom: those that run only while it is built have the scope
# `excluded`. SQLite, Lua and uPlot, which other parts bring as source, are in
# it, too. The same Cargo.lock gives the same document. Needs cargo and awk.
set -eu
cd "$(dirname "$0")/.."

target=${1:-$(rustc -vV | sed -n 's/^host: //p')}
tree() {
  cargo tree --locked --target "$target" --prefix depth --format '|{p}|{l}|{r}' "$@"
}

# What a header of C source says, or the script of the page.
said() {
  sed -n "s/$1/\1/p" $2 | head -n 1
}
sources=${CARGO_HOME:-$HOME/.cargo}/registry/src
crate() {
  awk -v name="$1" '$1 == "name" && $3 == "\"" name "\"" { getline; gsub("\"", "", $3); print $3 }' Cargo.lock
}
sqlite=$(said '^#define SQLITE_VERSION *"\([0-9.]*\)".*' \
  "$sources/*/libsqlite3-sys-$(crate libsqlite3-sys)/sqlite3/sqlite3.h")
lua_h="$sources/*/lua-src-$(crate lua-src)/lua-5.4*/lua.h"
lua=$(said '^#define LUA_VERSION_MAJOR[^0-9]*\([0-9]*\).*' "$lua_h").$(
  said '^#define LUA_VERSION_MINOR[^0-9]*\([0-9]*\).*' "$lua_h").$(
  said '^#define LUA_VERSION_RELEASE[^0-9]*\([0-9]*\).*' "$lua_h")
uplot=$(said '.*uPlot (v\([0-9.]*\)).*' src/report/page/assets/vendor/uPlot.iife.min.js)
for found in "$sqlite" "$lua" "$uplot"; do
  case $found in
    [0-9]*.[0-9]*.[0-9]*) ;;
    *) echo "sbom.sh: a part that is compiled in does not tell its version" >&2; exit 1 ;;
  esac
done

{
  sed 's/^/lock /' Cargo.lock
  tree --edges normal,no-proc-macro | sed 's/^/linked /'
  tree --edges normal,build | sed 's/^/built /'
} | awk -v target="$target" -v sqlite="$sqlite" -v lua="$lua" -v uplot="$uplot" '
  function json(text) {
    gsub(/\\/, "\\\\", text)
    gsub(/"/, "\\\"", text)
    return "\"" text "\""
  }
  # Of a line of the tree: sets depth, id, license and home.
  function read(line,    part, piece) {
    split(line, part, "|")
    depth = part[1] + 0
    split(part[2], piece, " ")
    id = piece[1] "@" substr(piece[2], 2)
    name[id] = piece[1]
    version[id] = substr(piece[2], 2)
    # As it was written before SPDX had a word for it.
    license[id] = part[3]
    gsub(/ *\/ */, " OR ", license[id])
    home[id] = part[4]
    sub(/ \(\*\)$/, "", home[id])
  }
  function purl(type, id) {
    gsub(/\+/, "%2B", id)
    return json("pkg:" type "/" id)
  }
  function expression(text) { return "[{ \"expression\": " json(text) " }]" }
  function external(url) {
    return url ~ /^https?:/ ? ",\n      \"externalReferences\": [{ \"type\": \"vcs\", \"url\": " json(url) " }]" : ""
  }
  # What comes as source within another part.
  function bundled(title, number, terms, url, within) {
    return sprintf(",\n    {\n      \"type\": \"library\", \"bom-ref\": %s, \"name\": %s, \"version\": %s, \"scope\": \"required\",\n" \
      "      \"purl\": %s, \"licenses\": %s,\n" \
      "      \"externalReferences\": [{ \"type\": \"website\", \"url\": %s }],\n" \
      "      \"properties\": [{ \"name\": \"bankrun:within\", \"value\": %s }]\n    }", \
      json(title "@" number), json(title), json(number), purl("generic", tolower(title) "@" number), \
      expression(terms), json(url), json(within))
  }
  $1 == "lock" && $2 == "name" { locked = $4; gsub(/"/, "", locked) }
  $1 == "lock" && $2 == "version" { locked_version = $4; gsub(/"/, "", locked_version) }
  $1 == "lock" && $2 == "checksum" { sum = $4; gsub(/"/, "", sum); checksum[locked "@" locked_version] = sum }
  $1 == "linked" { sub(/^linked /, ""); read($0); linked[id] = 1 }
  $1 == "built" {
    sub(/^built /, "")
    read($0)
    if (!(id in known)) { known[id] = 1; order[++count] = id }
    above[depth] = id
    if (depth > 0) {
      edge = above[depth - 1] SUBSEP id
      if (!(edge in needed)) {
        needed[edge] = 1
        needs[above[depth - 1]] = needs[above[depth - 1]] (needs[above[depth - 1]] == "" ? "" : ", ") json(id)
      }
    }
  }
  END {
    root = order[1]
    printf "{\n  \"$schema\": \"http://cyclonedx.org/schema/bom-1.6.schema.json\",\n"
    printf "  \"bomFormat\": \"CycloneDX\", \"specVersion\": \"1.6\", \"version\": 1,\n"
    printf "  \"metadata\": {\n    \"component\": {\n      \"type\": \"application\", \"bom-ref\": %s, \"name\": %s, \"version\": %s,\n", json(root), json(name[root]), json(version[root])
    printf "      \"purl\": %s, \"licenses\": %s\n    },\n", purl("cargo", root), expression(license[root])
    printf "    \"properties\": [{ \"name\": \"bankrun:target\", \"value\": %s }]\n  },\n", json(target)
    printf "  \"components\": ["
    for (i = 2; i <= count; i++) {
      id = order[i]
      printf "%s\n    {\n", (i > 2 ? "," : "")
      printf "      \"type\": \"library\", \"bom-ref\": %s, \"name\": %s, \"version\": %s, \"scope\": %s,\n", json(id), json(name[id]), json(version[id]), (id in linked ? "\"required\"" : "\"excluded\"")
      printf "      \"purl\": %s, \"licenses\": %s", purl("cargo", id), expression(license[id])
      if (id in checksum)
        printf ",\n      \"hashes\": [{ \"alg\": \"SHA-256\", \"content\": %s }]", json(checksum[id])
      printf "%s\n    }", external(home[id])
    }
    printf "%s", bundled("SQLite", sqlite, "blessing", "https://sqlite.org", "libsqlite3-sys")
    printf "%s", bundled("Lua", lua, "MIT", "https://www.lua.org", "lua-src")
    printf "%s", bundled("uPlot", uplot, "MIT", "https://github.com/leeoniya/uPlot", "bankrun")
    printf "\n  ],\n  \"dependencies\": ["
    for (i = 1; i <= count; i++)
      printf "%s\n    { \"ref\": %s, \"dependsOn\": [%s] }", (i > 1 ? "," : ""), json(order[i]), needs[order[i]]
    printf "\n  ]\n}\n"
  }
'
