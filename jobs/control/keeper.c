/* keeper.c - the thread that touches the file system; see keeper.h */
#include "jobs/control/keeper.h"

#include <czmq.h>
#include <errno.h>
#include "solvers/base/alloc.h"

enum { EACH_MS = 1000, GAP_MS = 20, STACK = 1 << 20 };

/* ---- the thread's side ---- */

/* What it does in one turn. */
typedef struct turn {
    char *heartbeat;
    bool look;
    int64_t number;
    int lines;
    dn_keeper_line line[DN_KEEPER_LINES];
} turn;

/* Under the lock. */
static bool is_time_to_look(const dn_keeper *k)
{
    int64_t now = zclock_mono();

    return !k->ending && k->asked > 0 &&
           (now >= k->next_look || (k->asked > k->looked && now >= k->may_look));
}

static struct timespec time_in(int64_t ms)
{
    struct timespec at;

    ms = ms > 0 ? ms : 0;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_nsec += (long)(ms % 1000) * 1000000;
    at.tv_sec += (time_t)(ms / 1000) + at.tv_nsec / 1000000000;
    at.tv_nsec %= 1000000000;
    return at;
}

/* Under the lock, which it gives up for a while. */
static void wait_for_work(dn_keeper *k)
{
    while (!k->ending && k->heartbeat == NULL && k->lines == 0 && !is_time_to_look(k)) {
        int64_t until = k->asked > k->looked ? k->may_look : k->next_look;
        int64_t left = until - zclock_mono();
        struct timespec at;

        if (k->asked == 0) {
            pthread_cond_wait(&k->more, &k->lock);
            continue;
        }
        at = time_in(left);
        (void)pthread_cond_timedwait(&k->more, &k->lock, &at);
    }
}

/* Under the lock. False: all is done. */
static bool take_turn(dn_keeper *k, turn *t)
{
    wait_for_work(k);
    t->heartbeat = k->heartbeat;
    k->heartbeat = NULL;
    t->lines = k->lines;
    memcpy(t->line, k->line, (size_t)k->lines * sizeof k->line[0]);
    k->lines = 0;
    t->look = is_time_to_look(k);
    t->number = k->asked;
    return t->heartbeat != NULL || t->lines > 0 || !k->ending;
}

static void look(dn_keeper *k, int64_t number)
{
    dn_allow_list list = {.n = 0};
    bool readable = dn_control_allowed(k->files, &list);
    ssize_t n;

    k->next_look = zclock_mono() + EACH_MS;
    k->may_look = zclock_mono() + GAP_MS;
    pthread_mutex_lock(&k->lock);
    if (readable)
        k->allowed = list;
    k->readable = readable;
    k->looked = number;
    pthread_mutex_unlock(&k->lock);
    n = write(k->wake, "", 1);
    (void)n; /* full: it is awake */
}

static void destroy(dn_keeper *k)
{
    pthread_mutex_destroy(&k->lock);
    pthread_cond_destroy(&k->more);
    pthread_cond_destroy(&k->gone);
}

/* Whoever waits for the thread has gone on already, or joins it now. */
static void leave(dn_keeper *k)
{
    bool abandoned;

    k->duties.leave(k->duties.owner);
    pthread_mutex_lock(&k->lock);
    k->left = true;
    abandoned = k->abandoned;
    pthread_cond_signal(&k->gone);
    pthread_mutex_unlock(&k->lock);
    if (abandoned) {
        destroy(k);
        k->duties.release(k->duties.owner);
    }
}

static void *keep(void *keeper)
{
    dn_keeper *k = keeper;
    turn t;

    pthread_mutex_lock(&k->lock);
    while (take_turn(k, &t)) {
        pthread_mutex_unlock(&k->lock);
        if (t.look)
            look(k, t.number);
        if (t.heartbeat != NULL) /* a full disk: the next one is tried all the same */
            (void)!dn_control_write(k->files, "heartbeat.json", t.heartbeat, NULL);
        dn_free(t.heartbeat);
        for (int i = 0; i < t.lines; i++)
            dn_log(t.line[i].level, "control", t.line[i].event, "%s", t.line[i].fields);
        pthread_mutex_lock(&k->lock);
    }
    pthread_mutex_unlock(&k->lock);
    leave(k);
    return NULL;
}

/* ---- the side of the sockets ---- */

dn_status dn_keeper_start(dn_keeper *k, dn_control_files *files, int wake, const dn_keeper_duties *duties,
                          dn_error *err)
{
    dn_status st = DN_OK;
    pthread_condattr_t clock;
    pthread_attr_t attributes;
    int bad;

    *k = (dn_keeper){.duties = *duties, .files = files, .wake = wake};
    pthread_mutex_init(&k->lock, NULL);
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&k->more, &clock);
    pthread_cond_init(&k->gone, &clock);
    pthread_condattr_destroy(&clock);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK);
    bad = pthread_create(&k->thread, &attributes, keep, k);
    pthread_attr_destroy(&attributes);
    if (bad != 0) {
        destroy(k);
        DN_FAIL(DN_EUNAVAILABLE, "no thread: %s", strerror(bad));
    }
out:
    return st;
}

bool dn_keeper_stop(dn_keeper *k, double seconds)
{
    struct timespec until = time_in((int64_t)(seconds * 1000));
    pthread_t thread = k->thread;
    bool left;

    pthread_mutex_lock(&k->lock);
    k->ending = true;
    pthread_cond_signal(&k->more);
    while (!k->left && pthread_cond_timedwait(&k->gone, &k->lock, &until) != ETIMEDOUT)
        ;
    left = k->left;
    k->abandoned = !left;
    pthread_mutex_unlock(&k->lock); /* from here on an abandoned keeper may be gone */
    if (!left) {
        pthread_detach(thread);
        return false;
    }
    pthread_join(thread, NULL);
    destroy(k);
    return true;
}

int64_t dn_keeper_ask(dn_keeper *k)
{
    int64_t number;

    pthread_mutex_lock(&k->lock);
    number = ++k->asked;
    pthread_cond_signal(&k->more);
    pthread_mutex_unlock(&k->lock);
    return number;
}

bool dn_keeper_allowed(dn_keeper *k, int64_t number, dn_allow_list *out, bool *out_readable)
{
    bool done;

    pthread_mutex_lock(&k->lock);
    done = k->looked > 0 && k->looked >= number;
    if (done) {
        *out = k->allowed;
        *out_readable = k->readable;
    }
    pthread_mutex_unlock(&k->lock);
    return done;
}

void dn_keeper_heartbeat(dn_keeper *k, char *text)
{
    char *before;

    pthread_mutex_lock(&k->lock);
    before = k->heartbeat;
    k->heartbeat = text;
    pthread_cond_signal(&k->more);
    pthread_mutex_unlock(&k->lock);
    dn_free(before);
}

void dn_keeper_log(dn_keeper *k, dn_log_level level, const char *event, const char *fields_fmt, ...)
{
    va_list args;

    va_start(args, fields_fmt);
    pthread_mutex_lock(&k->lock);
    if (k->lines < DN_KEEPER_LINES) {
        dn_keeper_line *line = &k->line[k->lines++];
        line->level = level;
        snprintf(line->event, sizeof line->event, "%s", event);
        vsnprintf(line->fields, sizeof line->fields, fields_fmt, args);
        pthread_cond_signal(&k->more);
    }
    pthread_mutex_unlock(&k->lock);
    va_end(args);
}
