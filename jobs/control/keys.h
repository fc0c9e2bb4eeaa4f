/* keys.h - keys of people: making a pair, letting one in, taking it away again
 *
 * A colleague makes a pair and hands the public part to the owner of the run, who lets it in. Local.
 */
#ifndef DN_CONTROL_KEYS_H
#define DN_CONTROL_KEYS_H

#include "jobs/control/control_files.h"

/* A new pair: path (0600), a CURVE certificate of both parts, and path.pub (0644), a line with the public
 * one, which goes to out_public [DN_CONTROL_KEY] as well. Neither file may be there. Fails: DN_ECANTCREAT;
 * DN_ESOFTWARE no keys can be made */
DN_MUST_CHECK dn_status dn_control_key_make(const char *path, char *out_public, dn_error *err);

/* The public key that a user names: in Z85, as the file of one (its first line, or a certificate), or "-":
 * the first line of stdin. Fails: DN_ENOINPUT, DN_EDATA */
DN_MUST_CHECK dn_status dn_control_key_read(const char *given, char *out_public, dn_error *err);

/* Let a key in, or take it away, in the run directory of this user; a job that runs there follows within a
 * second. A key that is there under this name is replaced, or stays when letting in fails. *out_closed:
 * nobody else can read run_dir, so nobody else finds the job. Fails: DN_EUSAGE the name cannot be one
 * (dn_protocol_is_name(); "client" is the job's own); DN_ENOINPUT there is no such directory or, to be taken
 * away, no such key; DN_ENOPERM it is not this user's; DN_ECANTCREAT, also when there are DN_CONTROL_KEYS
 * already */
DN_MUST_CHECK dn_status dn_control_allow(const char *run_dir, const char *name, const char *key,
                                         bool *out_closed, dn_error *err);
DN_MUST_CHECK dn_status dn_control_revoke(const char *run_dir, const char *name, dn_error *err);

/* Who is let in there. Fails: DN_ENOINPUT, DN_ENOPERM, DN_ECANTCREAT */
DN_MUST_CHECK dn_status dn_control_keys_list(const char *run_dir, dn_allow_list *out, dn_error *err);

#endif
