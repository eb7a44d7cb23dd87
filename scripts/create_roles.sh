#!/bin/bash
# Runs once, when the database server is made: the three login roles and the two databases.
set -euo pipefail

for role in owner service public; do
    variable="${role^^}_PASSWORD"
    psql --set ON_ERROR_STOP=1 --username postgres --set role="portal_$role" --set password="${!variable}" <<'SQL'
CREATE ROLE :"role" LOGIN PASSWORD :'password';
SQL
done
for database in portal portal_submissions; do
    psql --set ON_ERROR_STOP=1 --username postgres --set database="$database" <<'SQL'
CREATE DATABASE :"database" OWNER portal_owner;
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
SQL
done
