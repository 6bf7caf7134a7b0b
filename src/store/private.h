/* SPDX-License-Identifier: Apache-2.0
 * What the files of the store share.
 */
#pragma once

#include "store/store.h"

#include <sqlite3.h>

struct Store {
    sqlite3 *db;
    char *state_dir;
    int lock_fd; /* -1 when reading */
    int version; /* of the schema; older than ours only when reading */
};

/* Set @error from SQLite's and give FALSE. A full disk is G_IO_ERROR_NO_SPACE. */
gboolean store_fail(Store *store, const char *doing, GError **error);
sqlite3_stmt *store_prepare(Store *store, const char *sql, GError **error);
/* Step a statement that gives no rows, and finalize it. */
gboolean store_run(Store *store, sqlite3_stmt *statement, const char *doing, GError **error);
void store_bind_text(sqlite3_stmt *statement, int column, const char *value);
char *store_column(sqlite3_stmt *statement, int column);
