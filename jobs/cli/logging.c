/* logging.c - log lines on stderr; see logging.h */
#include "jobs/cli/logging.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "jobs/cli/run/progress.h"
#include "solvers/base/alloc.h"
#include "solvers/base/clock.h"
#include "solvers/base/json.h"

static int log_rank;
static bool as_json;
static pthread_mutex_t tap_lock = PTHREAD_MUTEX_INITIALIZER;
static dn_logging_tap *tapped;
static void *tap_ctx;

/* One write(): lines of several ranks do not mix. */
static void put(const char *line)
{
    ssize_t written;

    flockfile(stderr);
    dn_progress_clear();
    written = write(STDERR_FILENO, line, strlen(line));
    (void)written; /* nobody is left to tell */
    funlockfile(stderr);
}

/* "key=value key=value" into members of obj. */
static void add_fields(dn_json *obj, const char *fields)
{
    char copy[1024];
    char *state = NULL;

    snprintf(copy, sizeof copy, "%s", fields);
    for (char *word = strtok_r(copy, " ", &state); word != NULL; word = strtok_r(NULL, " ", &state)) {
        char *equals = strchr(word, '=');
        if (equals != NULL) {
            *equals = '\0';
            dn_json_string(obj, word, equals + 1);
        }
    }
}

static void put_json(const char *when, const char *level, const char *area, const char *event,
                     const char *fields)
{
    dn_json *line = dn_json_create();
    char *text = NULL, whole[2048];

    dn_json_string(line, "time", when);
    dn_json_string(line, "level", level);
    dn_json_int(line, "rank", log_rank);
    dn_json_string(line, "area", area);
    dn_json_string(line, "event", event);
    add_fields(line, fields);
    if (dn_json_text(line, 0, &text, NULL) == DN_OK) {
        snprintf(whole, sizeof whole, "%s\n", text);
        put(whole);
    }
    dn_free(text);
    dn_json_destroy(&line);
}

static void show(dn_log_level level, const char *area, const char *event, const char *fields)
{
    char text[1200];

    snprintf(text, sizeof text, "%s%s%s", event, fields[0] != '\0' ? " " : "", fields);
    pthread_mutex_lock(&tap_lock);
    if (tapped != NULL)
        tapped(tap_ctx, level, area, text);
    pthread_mutex_unlock(&tap_lock);
}

void dn_logging_show(dn_logging_tap *tap, void *ctx)
{
    pthread_mutex_lock(&tap_lock);
    tapped = tap;
    tap_ctx = ctx;
    pthread_mutex_unlock(&tap_lock);
}

static void sink(void *ctx, dn_log_level level, const char *area, const char *event, const char *fields)
{
    char when[DN_CLOCK_UTC], line[2048];

    (void)ctx;
    show(level, area, event, fields);
    dn_clock_utc(when);
    if (as_json) {
        put_json(when, dn_log_level_name(level), area, event, fields);
        return;
    }
    snprintf(line, sizeof line, "%s %s r%d %s: %s%s%s\n", when, dn_log_level_name(level), log_rank, area,
             event, fields[0] != '\0' ? " " : "", fields);
    put(line);
}

void dn_logging_open(int rank, bool json, dn_log_level at_least)
{
    log_rank = rank;
    as_json = json;
    dn_log_open(sink, NULL, rank > 0 && at_least < DN_WARN ? DN_WARN : at_least);
}
