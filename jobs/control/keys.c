/* keys.c - keys of people; see keys.h */
#include "jobs/control/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>
#include "jobs/control/protocol.h"

/* ---- a pair ---- */

/* A file that was not there. */
static dn_status write_new(const char *path, mode_t mode, const char *text, dn_error *err)
{
    dn_status st = DN_OK;
    size_t len = strlen(text);
    bool made, bad;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);

    made = fd >= 0;
    if (!made)
        DN_FAIL(DN_ECANTCREAT, "%s: cannot be created: %s", path, strerror(errno));
    bad = fchmod(fd, mode) != 0 || write(fd, text, len) != (ssize_t)len;
    bad = close(fd) != 0 || bad;
    if (bad)
        DN_FAIL(DN_ECANTCREAT, "%s: cannot be written", path);
out:
    if (st != DN_OK && made)
        (void)unlink(path);
    return st;
}

dn_status dn_control_key_make(const char *path, char *out_public, dn_error *err)
{
    dn_status st = DN_OK;
    char secret[DN_CONTROL_KEY] = "", text[320] = "", public_path[DN_CONTROL_PATH];
    bool made = false;

    if (snprintf(public_path, sizeof public_path, "%s.pub", path) >= (int)sizeof public_path)
        DN_FAIL(DN_ECANTCREAT, "%.60s...: the path is too long", path);
    if (zmq_curve_keypair(out_public, secret) != 0)
        DN_FAIL(DN_ESOFTWARE, "no keys: this ZeroMQ was built without CURVE");
    snprintf(text, sizeof text,
             "#   A key of yours for dragnet watch and ctl, --key. Nobody else may have this file.\n"
             "metadata\ncurve\n    public-key = \"%s\"\n    secret-key = \"%s\"\n",
             out_public, secret);
    DN_TRY(write_new(path, 0600, text, err));
    made = true;
    snprintf(text, sizeof text, "%s\n", out_public);
    DN_TRY(write_new(public_path, 0644, text, err));
out:
    if (st != DN_OK && made)
        (void)unlink(path);
    dn_control_wipe(secret, sizeof secret);
    dn_control_wipe(text, sizeof text);
    return st;
}

/* ---- a key that is named ---- */

static bool is_key(const char *text)
{
    uint8_t raw[32];

    return strlen(text) == DN_CONTROL_KEY - 1 && zmq_z85_decode(raw, text) != NULL;
}

/* The key of a line: the line itself, or public-key = "...". */
static bool key_of_line(char *line, char *out)
{
    char *quote = strstr(line, "public-key") != NULL ? strchr(line, '"') : NULL;

    if (quote != NULL) {
        line = quote + 1;
        line[strcspn(line, "\"")] = '\0';
    }
    line[strcspn(line, "\r\n \t")] = '\0';
    if (!is_key(line))
        return false;
    memcpy(out, line, DN_CONTROL_KEY);
    return true;
}

dn_status dn_control_key_read(const char *given, char *out_public, dn_error *err)
{
    dn_status st = DN_OK;
    bool from_stdin = strcmp(given, "-") == 0, found = false;
    const char *name = from_stdin ? "stdin" : given;
    char line[256] = "";
    FILE *f = NULL;

    if (is_key(given)) {
        memcpy(out_public, given, DN_CONTROL_KEY);
        goto out;
    }
    f = from_stdin ? stdin : fopen(given, "r");
    if (f == NULL)
        DN_FAIL(DN_ENOINPUT, "%.200s: is no key of 40 letters, and cannot be opened: %s", given,
                strerror(errno));
    for (int i = 0; i < 20 && !found && fgets(line, sizeof line, f) != NULL; i++)
        found = key_of_line(line, out_public);
    if (!found)
        DN_FAIL(DN_EDATA, "%.200s: holds no public key (a line of 40 letters, as 'dragnet key' writes it)",
                name);
out:
    dn_control_wipe(line, sizeof line); /* a certificate has the secret, too */
    if (f != NULL && !from_stdin)
        fclose(f);
    return st;
}

/* ---- letting in ---- */

static dn_status check_name(const char *name, dn_error *err)
{
    dn_status st = DN_OK;

    if (!dn_protocol_is_name(name) || name[0] == '.' || strlen(name) + sizeof ".pub" > DN_CONTROL_KEY_FILE)
        DN_FAIL(DN_EUSAGE, "'%.60s' is no name for a key: up to %d of A-Z a-z 0-9 . _ : -, no '.' first",
                name, (int)(DN_CONTROL_KEY_FILE - sizeof ".pub"));
    if (strcmp(name, "client") == 0)
        DN_FAIL(DN_EUSAGE, "'client' is the key of the job itself");
out:
    return st;
}

/* Put a key in place of what NAME.pub says, if it is there. That stands beside it as `kept` until the new one
 * is found among those that are let in: coming back takes neither room nor a descriptor. On a file system
 * without links the new one stays. */
static dn_status replace_key(dn_control_files *f, const char *name, const char *key, dn_error *err)
{
    dn_status st = DN_OK;
    dn_allow_list list = {.n = 0};
    char file[DN_CONTROL_KEY_FILE + 16], kept[DN_CONTROL_KEY_FILE + 16], text[DN_CONTROL_KEY + 1];
    const char *base = file + strlen("allowed/");
    bool known, is_kept;

    snprintf(file, sizeof file, "allowed/%s.pub", name);
    snprintf(kept, sizeof kept, ".%s.kept", name); /* no key: '.' first */
    snprintf(text, sizeof text, "%s\n", key);
    (void)unlinkat(f->allowed, kept, 0); /* of a call that was killed */
    is_kept = linkat(f->allowed, base, f->allowed, kept, 0) == 0;
    known = is_kept || errno != ENOENT;
    DN_TRY(dn_control_write(f, file, text, err));
    if (!dn_control_allowed(f, &list) || dn_control_find(&list, key) < 0) {
        if (is_kept)
            (void)renameat(f->allowed, kept, f->allowed, base);
        else if (!known)
            dn_control_remove(f, file);
        DN_FAIL(DN_ECANTCREAT, "%s/control/%s: would not be let in: %d keys are there", f->run_dir, file,
                list.n);
    }
out:
    (void)unlinkat(f->allowed, kept, 0);
    return st;
}

dn_status dn_control_allow(const char *run_dir, const char *name, const char *key, bool *out_closed,
                           dn_error *err)
{
    dn_status st = DN_OK;
    dn_control_files f = DN_CONTROL_FILES_INIT;
    struct stat info;

    DN_TRY(check_name(name, err));
    DN_TRY(dn_control_files_open(run_dir, true, &f, err));
    DN_TRY(replace_key(&f, name, key, err));
    *out_closed = fstat(f.run, &info) == 0 && (info.st_mode & 077) == 0;
out:
    dn_control_files_close(&f);
    return st;
}

dn_status dn_control_revoke(const char *run_dir, const char *name, dn_error *err)
{
    dn_status st = DN_OK;
    dn_control_files f = DN_CONTROL_FILES_INIT;
    char file[DN_CONTROL_KEY_FILE + 16];

    DN_TRY(check_name(name, err));
    DN_TRY(dn_control_files_open(run_dir, false, &f, err));
    snprintf(file, sizeof file, "%s.pub", name);
    if (unlinkat(f.allowed, file, 0) != 0)
        DN_FAIL(errno == ENOENT ? DN_ENOINPUT : DN_ECANTCREAT, "%s/control/allowed/%s: cannot be removed: %s",
                run_dir, file, strerror(errno));
out:
    dn_control_files_close(&f);
    return st;
}

dn_status dn_control_keys_list(const char *run_dir, dn_allow_list *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_control_files f = DN_CONTROL_FILES_INIT;

    *out = (dn_allow_list){.n = 0};
    DN_TRY(dn_control_files_open(run_dir, false, &f, err));
    if (!dn_control_allowed(&f, out))
        DN_FAIL(DN_ECANTCREAT, "%s/control/allowed: cannot be read", run_dir);
out:
    dn_control_files_close(&f);
    return st;
}
