/* submit_script.c - a job script out of a template; see submit_script.h */
#include "jobs/cli/job/submit_script.h"

#include <stdio.h>
#include <string.h>
#include "solvers/base/alloc.h"

/* ---- a text that grows ---- */

typedef struct text {
    char *at;
    size_t n, cap;
} text;

static dn_status put(text *t, const char *bytes, size_t n, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(dn_grow((void **)&t->at, &t->cap, t->n + n + 1, 1, err));
    memcpy(t->at + t->n, bytes, n);
    t->n += n;
    t->at[t->n] = '\0';
out:
    return st;
}

static dn_status put_words(text *t, const char *words, dn_error *err)
{
    return put(t, words, strlen(words), err);
}

/* ---- quoting ---- */

static bool is_plain(const char *word)
{
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./,:@%+=-";

    return word[0] != '\0' && word[strspn(word, safe)] == '\0';
}

/* 'it'\''s': within single quotes nothing is special but their end. */
static dn_status put_quoted(text *t, const char *word, dn_error *err)
{
    dn_status st = DN_OK;

    if (is_plain(word)) {
        DN_TRY(put_words(t, word, err));
        goto out;
    }
    DN_TRY(put_words(t, "'", err));
    for (; *word != '\0'; word++)
        DN_TRY(*word == '\'' ? put_words(t, "'\\''", err) : put(t, word, 1, err));
    DN_TRY(put_words(t, "'", err));
out:
    return st;
}

dn_status dn_shell_quote(const char *word, char **out, dn_error *err)
{
    dn_status st = DN_OK;
    text t = {.at = NULL};

    DN_TRY(put_quoted(&t, word, err));
    *out = t.at;
    t.at = NULL;
out:
    dn_free(t.at);
    return st;
}

/* ---- the lines of a template ---- */

typedef struct line {
    const char *at;
    size_t len; /* without its end */
} line;

/* The next line from *at on; false behind the last. */
static bool next_line(const char **at, const char *end, line *out)
{
    const char *stop;

    if (*at >= end)
        return false;
    stop = memchr(*at, '\n', (size_t)(end - *at));
    *out = (line){.at = *at, .len = (size_t)((stop != NULL ? stop : end) - *at)};
    *at = stop != NULL ? stop + 1 : end;
    return true;
}

static bool begins(const line *l, const char *with)
{
    size_t n = strlen(with);

    return l->len >= n && memcmp(l->at, with, n) == 0;
}

static bool is_blank(const line *l)
{
    size_t i = 0;

    while (i < l->len && (l->at[i] == ' ' || l->at[i] == '\t' || l->at[i] == '\r'))
        i++;
    return i == l->len;
}

/* Does sbatch look for options behind this line, too? It stops at the first command. */
static bool is_head(const line *l)
{
    return is_blank(l) || begins(l, "#");
}

/* Bytes of the word at `at`, as sbatch cuts the words of a line: blanks within quotes are part of it. */
static size_t word_length(const char *at, const char *end)
{
    const char *p = at;

    for (char quote = '\0'; p < end && (quote != '\0' || (*p != ' ' && *p != '\t')); p++)
        if (quote == '\0' && (*p == '"' || *p == '\''))
            quote = *p;
        else if (*p == quote)
            quote = '\0';
    return (size_t)(p - at);
}

/* Words of an option that the figures replace: 1 "--time=5", "-t5"; 2 "--time 5", "-t 5"; 0: it stays. */
static int words_of_ours(const char *word, size_t len)
{
    /* clang-format off */
    static const char *const ours[] = {
        "-N", "--nodes", "-n", "--ntasks", "--ntasks-per-node", "--tasks-per-node", "-c", "--cpus-per-task",
        "--mem", "--mem-per-cpu", "--mem-per-gpu", "-t", "--time"};
    /* clang-format on */

    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) {
        size_t n = strlen(ours[i]);

        if (len < n || memcmp(word, ours[i], n) != 0)
            continue;
        if (len == n)
            return 2;
        if (ours[i][1] != '-' || word[n] == '=')
            return 1;
    }
    return 0;
}

/* An #SBATCH line without the options that the figures replace; nothing, if it has no others. */
static dn_status put_options(text *t, const line *l, dn_error *err)
{
    dn_status st = DN_OK;
    const char *at = l->at + strlen("#SBATCH"), *end = l->at + l->len;
    int skip = 0, kept = 0;

    while (at < end) {
        size_t n = word_length(at, end);

        if (n > 0 && skip == 0)
            skip = words_of_ours(at, n);
        if (n > 0 && skip == 0) {
            DN_TRY(put_words(t, kept++ == 0 ? "#SBATCH " : " ", err));
            DN_TRY(put(t, at, n, err));
        }
        skip -= n > 0 && skip > 0;
        at += n > 0 ? n : 1;
    }
    if (kept > 0)
        DN_TRY(put_words(t, "\n", err));
out:
    return st;
}

/* ---- which command a template is for ---- */

/* The word before "$@" in a line of commands; 0: that is no bare word. */
static size_t word_before(const line *l, const char *at, const char **out)
{
    const char *end = at;

    while (end > l->at && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    *out = end;
    while (*out > l->at && (*out)[-1] >= 'a' && (*out)[-1] <= 'z')
        (*out)--;
    return *out > l->at && (*out)[-1] != ' ' && (*out)[-1] != '\t' ? 0 : (size_t)(end - *out);
}

static const char *find_arguments(const line *l)
{
    for (size_t i = 0; i + 4 <= l->len; i++)
        if (memcmp(l->at + i, "\"$@\"", 4) == 0 || memcmp(l->at + i, "\"${@", 4) == 0)
            return l->at + i;
    return NULL;
}

/* Whether the command itself is left out of the arguments. */
static dn_status find_command(const char *name, const char *at, const char *end, const char *command,
                              bool *out_drop, dn_error *err)
{
    static const char *const commands[] = {"train",    "screen", "embed", "network",
                                           "evaluate", "import", "split"};
    dn_status st = DN_OK;
    line l;

    while (next_line(&at, end, &l)) {
        const char *arguments = is_head(&l) ? NULL : find_arguments(&l), *word = NULL;
        size_t n = arguments != NULL ? word_before(&l, arguments, &word) : 0;

        if (arguments == NULL)
            continue;
        *out_drop = false;
        for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
            if (strlen(commands[i]) == n && memcmp(commands[i], word, n) == 0)
                *out_drop = true;
        if (*out_drop && (strlen(command) != n || memcmp(command, word, n) != 0))
            DN_FAIL(DN_EDATA, "%s: is for %.*s, not for %s", name, (int)n, word, command);
        goto out;
    }
    DN_FAIL(DN_EDATA, "%s: has no \"$@\", so it would not pass the arguments on", name);
out:
    return st;
}

/* ---- putting it together ---- */

static dn_status put_figures(text *t, const dn_submit_fill *f, dn_error *err)
{
    dn_status st = DN_OK;
    char block[512];
    const dn_allocation *a = &f->ask;
    int at = 0;

    if (a->nodes > 0)
        at = snprintf(block, sizeof block, "#SBATCH --nodes=%lld\n#SBATCH --ntasks-per-node=%lld\n",
                      (long long)a->nodes, (long long)a->ranks_of_node);
    snprintf(
        block + at, sizeof block - (size_t)at,
        "#SBATCH --ntasks=%lld\n#SBATCH --cpus-per-task=%lld\n#SBATCH --mem=%lldM\n#SBATCH --time=%.60s\n",
        (long long)a->ranks, (long long)a->threads, (long long)a->node_mb, f->time);
    DN_TRY(put_words(t, block, err));
out:
    return st;
}

static dn_status put_variable(text *t, const char *name, const char *value, dn_error *err)
{
    dn_status st = DN_OK;

    if (value == NULL)
        goto out;
    DN_TRY(put_words(t, "export ", err));
    DN_TRY(put_words(t, name, err));
    DN_TRY(put_words(t, "=", err));
    DN_TRY(put_quoted(t, value, err));
    DN_TRY(put_words(t, "\n", err));
out:
    return st;
}

static dn_status put_arguments(text *t, const dn_submit_fill *f, bool drop, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(put_words(t, "# by dragnet submit\n", err));
    DN_TRY(put_variable(t, "DRAGNET_SLURM", f->folder, err));
    DN_TRY(put_variable(t, "DRAGNET", f->program, err));
    DN_TRY(put_words(t, "set --", err));
    for (int i = drop ? 1 : 0; i < f->n; i++) {
        DN_TRY(put_words(t, " ", err));
        DN_TRY(put_quoted(t, f->word[i], err));
    }
    DN_TRY(put_words(t, "\n", err));
out:
    return st;
}

/* The head with its figures, then the rest as it stands. */
static dn_status build(const char *at, const char *end, const dn_submit_fill *f, bool drop, text *t,
                       dn_error *err)
{
    dn_status st = DN_OK;
    bool in_head = true, first = true;
    line l;

    while (next_line(&at, end, &l)) {
        if (in_head && !is_head(&l)) {
            in_head = false;
            DN_TRY(put_arguments(t, f, drop, err));
        }
        if (in_head && begins(&l, "#SBATCH")) {
            DN_TRY(put_options(t, &l, err));
            continue;
        }
        DN_TRY(put(t, l.at, l.len, err));
        DN_TRY(put_words(t, "\n", err));
        if (first)
            DN_TRY(put_figures(t, f, err));
        first = false;
    }
out:
    return st;
}

dn_status dn_submit_script(const char *name, const char *template, size_t len, const dn_submit_fill *fill,
                           char **out, dn_error *err)
{
    dn_status st = DN_OK;
    text t = {.at = NULL};
    bool drop = false;

    if (len < 2 || memcmp(template, "#!", 2) != 0 || memchr(template, '\0', len) != NULL)
        DN_FAIL(DN_EDATA, "%s: is no script (its first line does not begin with #!)", name);
    DN_TRY(find_command(name, template, template + len, fill->word[0], &drop, err));
    DN_TRY(build(template, template + len, fill, drop, &t, err));
    *out = t.at;
    t.at = NULL;
out:
    dn_free(t.at);
    return st;
}
