/* text_file.h - a text file that is complete or not there
 *
 * Written as PATH.part; dn_text_file_commit() flushes it to disk and renames it. Local; by one rank.
 */
#ifndef DN_CLI_TEXT_FILE_H
#define DN_CLI_TEXT_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "solvers/base/json.h"

typedef struct dn_text_file {
    FILE *to; /* where the text goes; errors are found at commit */
    char *path, *part, *buffer;
    bool made;        /* part is there and ours */
    int64_t expected; /* bytes it will have, about; 0: nobody knows */
} dn_text_file;

/* DIR/NAME, or NAME alone when dir is NULL. *out must be all zero. Fails: DN_ECANTCREAT, DN_ENOMEM */
DN_MUST_CHECK dn_status dn_text_file_open(dn_text_file *out, const char *dir, const char *name,
                                          dn_error *err);

/* After row i, from 0, of n of like length: now and then, how large the file will be. */
void dn_text_file_row(dn_text_file *t, int64_t i, int64_t n);

/* Publish and close. Fails: DN_EIO the disk is full (says about how much is needed, and what is free) or
 * broken (names the file and why); then PATH is as it was before. */
DN_MUST_CHECK dn_status dn_text_file_commit(dn_text_file *t, dn_error *err);

/* All of it in one call: a file of this text at path. Fails: DN_ECANTCREAT, DN_EIO, DN_ENOMEM; then path is
 * as it was before. */
DN_MUST_CHECK dn_status dn_text_file_write(const char *path, const char *text, dn_error *err);

/* The same of an object: DIR/NAME, or NAME alone when dir is NULL; indent as for dn_json_text(). */
DN_MUST_CHECK dn_status dn_text_file_json(const char *dir, const char *name, const dn_json *root, int indent,
                                          dn_error *err);

/* Close; what was not published is removed. After a commit it does nothing. */
void dn_text_file_close(dn_text_file *t);

#endif
