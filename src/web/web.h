/* SPDX-License-Identifier: Apache-2.0
 * The dashboard as a server: `firstbad serve`.
 *
 * It reads the store as `firstbad status` and `report` do, needs no lock, and writes nothing into
 * it: what a person asks for becomes a request in the spool (service/service.h), which the daemon
 * takes. Everybody who reaches it may read; who has shown the token (a file of the state folder
 * that only its owner can read) may ask, which is as much as having a shell as the daemon's user: a
 * job names programs to be run.
 *
 * Each connection has a thread (libmicrohttpd's), the only ones of the program: a page that takes
 * long keeps nobody waiting. They share nothing that changes but struct Web's own counters; each
 * call opens the store anew.
 *
 * What keeps others out:
 *   - it listens on the loopback interface unless told otherwise, and answers only to the names it
 *     is known by (Host), so that no foreign name can be made to point at it (DNS rebinding);
 *   - a browser's form must come from our own pages (Origin), the cookie is SameSite=Strict and no
 *     script can read it; the token is compared in constant time;
 *   - pages run no script but ours, load nothing from elsewhere and stand in nobody's frame;
 *   - nothing in an address is a path of this machine; sizes, connections (also those of one
 *     address) and times are bounded, and a long body is read only of who has shown the token;
 *   - a call that could be read in two ways is refused, and so is its connection: no proxy before
 * us can be made to take the second half of a call for another's.
 */
#pragma once

#include <gio/gio.h>

typedef struct Web Web;

typedef struct WebOptions {
    const char *state_dir;
    const char *listen;       /* "127.0.0.1:8766", "[::1]:0": port 0 is any that is free */
    const char *const *hosts; /* more names that it is asked under, with the port where it is not
                                 that of their scheme; NULL-terminated, or NULL */
    const char *source_url;   /* as in PagePlace */
    guint call_s;             /* for a header to come, and a short reply to be taken; 0: 30 s */
    guint burst_ms;           /* of a core, before callers wait for their answers; 0: 5 s */
} WebOptions;

/* Listen, and answer from now on; late callers are cut off while the default main context runs. The
 * strings of @options must outlive it. */
Web *web_start(const WebOptions *options, GError **error);
/* No connection is left when it returns. */
void web_stop(Web *web);
/* "http://127.0.0.1:8766/" */
const char *web_address(const Web *web);
const char *web_token(const Web *web);
/* The file that has it. */
const char *web_token_path(const Web *web);
