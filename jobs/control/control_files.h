/* control_files.h - the files of RUN/control: who may connect, where to, what the job said last
 *
 * The folder and allowed/ are 0700 and belong to this user, files are 0600 and replaced whole. Local.
 */
#ifndef DN_CONTROL_CONTROL_FILES_H
#define DN_CONTROL_CONTROL_FILES_H

#include <stdbool.h>
#include "solvers/base/error.h"

enum { DN_CONTROL_PATH = 1200, DN_CONTROL_KEY = 41, DN_CONTROL_KEYS = 64, DN_CONTROL_KEY_FILE = 64 };

/* Public keys that may connect, by the names of their files. */
typedef struct dn_allow_list {
    int n;
    struct {
        char key[DN_CONTROL_KEY]; /* Z85 */
        char name[DN_CONTROL_KEY_FILE];
    } row[DN_CONTROL_KEYS];
} dn_allow_list;

/* Make RUN/control and its allowed/ if need be. Fails: DN_ECANTCREAT they cannot be made, or are not folders
 * of this user */
DN_MUST_CHECK dn_status dn_control_folder(const char *run_dir, dn_error *err);

/* Replace RUN/control/name by text, under another name first. Fails: DN_ECANTCREAT */
DN_MUST_CHECK dn_status dn_control_write(const char *run_dir, const char *name, const char *text,
                                         dn_error *err);

void dn_control_remove(const char *run_dir, const char *name);

/* The text of RUN/control/name (up to 64 KB), for dn_free(). Fails: DN_ENOINPUT; DN_EDATA it is longer;
 * DN_ENOMEM */
DN_MUST_CHECK dn_status dn_control_read(const char *run_dir, const char *name, char **out, dn_error *err);

/* New keys for this start: the server's are returned, the client's go to client.secret and
 * allowed/client.pub. Fails: DN_ECANTCREAT; DN_ESOFTWARE no keys can be made */
DN_MUST_CHECK dn_status dn_control_keys(const char *run_dir, char *out_public, char *out_secret,
                                        dn_error *err);

/* Who may connect now: every allowed/NAME.pub that is a file of this user which nobody else may write, and
 * whose first line is a key. None when the folder cannot be read. */
void dn_control_allowed(const char *run_dir, dn_allow_list *out);

/* The row of a key, or -1. */
int dn_control_find(const dn_allow_list *list, const char *key);

#endif
