/* control_files.h - the files of RUN/control: who may connect, where to, what the job said last
 *
 * The job holds the folders open and works in them, whatever is renamed or linked meanwhile. Files are
 * replaced whole. Modes: PROTOCOL.md. Local; of one thread at a time.
 */
#ifndef DN_CONTROL_CONTROL_FILES_H
#define DN_CONTROL_CONTROL_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "solvers/base/error.h"

enum { DN_CONTROL_PATH = 1200, DN_CONTROL_KEY = 41, DN_CONTROL_KEYS = 64, DN_CONTROL_KEY_FILE = 64 };

/* RUN/control, open. */
typedef struct dn_control_files {
    char run_dir[DN_CONTROL_PATH]; /* as given, for messages */
    int run, folder, allowed;      /* directories; -1: not open */
    uint64_t told;                 /* which trouble with keys has been logged */
} dn_control_files;

#define DN_CONTROL_FILES_INIT                  \
    {                                          \
        .run = -1, .folder = -1, .allowed = -1 \
    }

/* Public keys that may connect. */
typedef struct dn_allow_list {
    int n;
    struct {
        char key[DN_CONTROL_KEY];       /* Z85 */
        char name[DN_CONTROL_KEY_FILE]; /* of its file without ".pub"; dn_protocol_is_name() */
    } row[DN_CONTROL_KEYS];
} dn_allow_list;

/* Open RUN/control and its allowed/; make: where there are none, they are made. A directory RUN that others
 * can write is a warning in the log. For the job, and for whoever lets keys in.
 * Fails: DN_ECANTCREAT they cannot be made or closed to others, or are no folders; DN_ENOPERM they belong to
 * somebody else; DN_ENOINPUT there is none (not with make) */
DN_MUST_CHECK dn_status dn_control_files_open(const char *run_dir, bool make, dn_control_files *out,
                                              dn_error *err);
void dn_control_files_close(dn_control_files *f); /* what is not open is fine */

/* Replace a file by text, under another name first: "server.json", "heartbeat.json", "client.secret",
 * "allowed/NAME.pub". Fails: DN_ECANTCREAT */
DN_MUST_CHECK dn_status dn_control_write(const dn_control_files *f, const char *name, const char *text,
                                         dn_error *err);

void dn_control_remove(const dn_control_files *f, const char *name); /* and what writing it may have left */

/* The text of RUN/control/name (up to 64 KB), for dn_free(); of any user's run. Fails: DN_ENOINPUT there is
 * none; DN_ENOPERM it may not be read, or belongs neither to the owner of RUN nor to us; DN_EDATA it is
 * longer; DN_ENOMEM */
DN_MUST_CHECK dn_status dn_control_read(const char *run_dir, const char *name, char **out, dn_error *err);

/* New keys for this start: the server's are returned [DN_CONTROL_KEY], the client's go to client.secret and
 * allowed/client.pub. Fails: DN_ECANTCREAT, also when the client's would not be let in from there;
 * DN_ESOFTWARE no keys can be made */
DN_MUST_CHECK dn_status dn_control_keys(dn_control_files *f, char *out_public, char *out_secret,
                                        dn_error *err);

/* Who may connect now: every allowed/NAME.pub that is a file of this user which nobody else may write, and
 * whose first line is a key; the job's own first, at most DN_CONTROL_KEYS. Files that do not count are
 * logged, once. False: nobody can tell now, out is as it was; logged once, too. */
bool dn_control_allowed(dn_control_files *f, dn_allow_list *out);

/* The row of a key, or -1. */
int dn_control_find(const dn_allow_list *list, const char *key);

/* A run without control begins: what a former one has left of server.json, keys and heartbeat is removed, so
 * that nobody takes it for this one. What is not there, or not ours, is fine. */
void dn_control_forget(const char *run_dir);

/* The same, and the folders: a run leaves nothing. Keys that a user has added stay, and with them the
 * folders. */
void dn_control_erase(const char *run_dir);

/* Where a run that is named so has its files: RUN itself or, where that is no directory, RUN.parts, which a
 * run of embed has beside its output. Fails: DN_EUSAGE the path is too long */
DN_MUST_CHECK dn_status dn_control_find_run(const char *run, char out[DN_CONTROL_PATH], dn_error *err);

/* Zeros over a secret, also where nobody reads it again. */
void dn_control_wipe(void *secret, size_t bytes);

#endif
