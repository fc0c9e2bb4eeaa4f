/* queue.c - what Slurm's queue knows of the job of a run; see queue.h */
#include "jobs/watch/queue.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "solvers/base/clock.h"

extern char **environ;

enum { PATH_ROOM = 2400, COLUMNS = 5 };

/* ---- reading ---- */

/* dir/path, or path where it is absolute, without "//", "/./" and a slash at the end. */
static void join_path(const char *dir, const char *path, size_t len, char *out)
{
    char whole[PATH_ROOM];
    size_t n = 0;

    if (len > 0 && path[0] == '/')
        snprintf(whole, sizeof whole, "%.*s", (int)len, path);
    else
        snprintf(whole, sizeof whole, "%s/%.*s", dir, (int)len, path);
    for (const char *c = whole; *c != '\0'; c++) {
        if (c[0] == '/' && (c[1] == '/' || c[1] == '\0'))
            continue;
        if (c[0] == '/' && c[1] == '.' && (c[2] == '/' || c[2] == '\0')) {
            c++;
            continue;
        }
        out[n++] = *c;
    }
    out[n] = '\0';
}

/* Whether an array "12_3" or "12_[0,4-8:2%3]" has this task. */
static bool has_task(const char *id, long task)
{
    const char *at = strchr(id, '_');

    at = at == NULL ? "" : at[1] == '[' ? at + 2 : at + 1;
    while (isdigit((unsigned char)*at)) {
        char *end;
        long first = strtol(at, &end, 10), last = first, step = 1;

        if (*end == '-')
            last = strtol(end + 1, &end, 10);
        if (*end == ':')
            step = strtol(end + 1, &end, 10);
        if (task >= first && task <= last && step > 0 && (task - first) % step == 0)
            return true;
        at = *end == ',' ? end + 1 : "";
    }
    return false;
}

/* Whether a line of the queue is of this job; "12_3" may stand in "12_[3-8]". */
static bool is_job(const char *id, const char *job)
{
    const char *task = strchr(job, '_');

    return strcmp(id, job) == 0 ||
           (task != NULL && isdigit((unsigned char)task[1]) &&
            strncmp(id, job, (size_t)(task - job) + 1) == 0 && has_task(id, strtol(task + 1, NULL, 10)));
}

/* Whether path is run; in an array (jobs/slurm/array.sbatch) @ stands for the number of a task. */
static bool is_run(const char *path, const char *run, const char *id)
{
    long task = -1;

    for (; *path != '\0'; path++)
        if (*path == '@' && *run != '@') {
            char *end = NULL;
            long number = isdigit((unsigned char)*run) ? strtol(run, &end, 10) : -1;

            if (number < 0 || (task >= 0 && number != task))
                return false;
            task = number;
            run = end;
        } else if (*path != *run++)
            return false;
    return *run == '\0' && (task < 0 || has_task(id, task));
}

/* Whether a command has "-o RUN", "--output RUN" or "--output=RUN", seen from dir. */
static bool writes_to(const char *command, const char *dir, const char *run, const char *id)
{
    static const char *const before[] = {"-o ", "--output ", "--output="};
    char path[PATH_ROOM];

    for (const char *word = command; *word != '\0'; word += strcspn(word, " "), word += strspn(word, " "))
        for (size_t k = 0; k < sizeof before / sizeof before[0]; k++)
            if (strncmp(word, before[k], strlen(before[k])) == 0) {
                const char *value = word + strlen(before[k]);

                join_path(dir, value, strcspn(value, " "), path);
                if (is_run(path, run, id))
                    return true;
            }
    return false;
}

/* "id|state|reason|directory|command": the five in place; the last may hold "|". */
static bool divide(char *line, char *field[COLUMNS])
{
    for (int i = 0; i < COLUMNS; i++) {
        field[i] = line;
        if (i + 1 < COLUMNS) {
            line = strchr(line, '|');
            if (line == NULL)
                return false;
            *line++ = '\0';
        }
    }
    return true;
}

void dn_queue_read(const char *text, const char *run, const char *job, dn_watch_facts *out)
{
    char line[PATH_ROOM], normal[PATH_ROOM], *field[COLUMNS];

    join_path("", run, strlen(run), normal);
    out->queue[0] = out->reason[0] = '\0';
    for (const char *at = text; *at != '\0'; at += strcspn(at, "\n"), at += *at == '\n') {
        size_t n = strcspn(at, "\n");
        bool mine;

        if (n >= sizeof line)
            continue;
        memcpy(line, at, n);
        line[n] = '\0';
        if (!divide(line, field))
            continue;
        mine = job[0] != '\0' ? is_job(field[0], job) : writes_to(field[4], field[3], normal, field[0]);
        if (!mine || strcmp(out->queue, "RUNNING") == 0) /* of several, the one that runs */
            continue;
        snprintf(out->job, sizeof out->job, "%.63s", field[0]);
        snprintf(out->queue, sizeof out->queue, "%.31s", field[1]);
        snprintf(out->reason, sizeof out->reason, "%.63s", field[2]);
    }
}

/* ---- asking ---- */

static void begin(dn_queue *q)
{
    char user[32];
    char *const by_me[] = {"squeue", "--me", "-h", "-o", "%i|%T|%r|%Z|%o", NULL};
    char *const by_user[] = {"squeue", "-u", user, "-h", "-o", "%i|%T|%r|%Z|%o", NULL};
    posix_spawn_file_actions_t actions;
    int ends[2];

    snprintf(user, sizeof user, "%lu", (unsigned long)geteuid());
    q->asked = dn_clock_s();
    q->ever = true;
    q->len = 0;
    if (pipe(ends) != 0)
        return;
    (void)fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    (void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclose(&actions, ends[1]);
    if (posix_spawnp(&q->pid, "squeue", &actions, NULL, q->old ? by_user : by_me, environ) != 0)
        q->pid = 0; /* there is no Slurm here */
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    q->fd = ends[0];
    if (q->pid == 0)
        close(ends[0]);
}

void dn_queue_close(dn_queue *q)
{
    if (q->pid == 0)
        return;
    kill(q->pid, SIGKILL);
    if (q->fd >= 0)
        close(q->fd);
    while (waitpid(q->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    q->pid = 0;
}

typedef enum outcome { RUNS, ANSWERED, FAILED } outcome;

/* What has come; a list that is longer than the room is cut to whole lines. */
static outcome take(dn_queue *q)
{
    ssize_t got = 1;
    int status = 1;
    pid_t ended;

    while (q->fd >= 0 && got > 0 && q->len < sizeof q->text - 1) {
        got = read(q->fd, q->text + q->len, sizeof q->text - 1 - q->len);
        if (got < 0 && errno == EINTR)
            got = 1;
        else
            q->len += got > 0 ? (size_t)got : 0;
    }
    q->text[q->len] = '\0';
    if (q->len == sizeof q->text - 1) {
        while (q->len > 0 && q->text[q->len - 1] != '\n')
            q->text[--q->len] = '\0';
        dn_queue_close(q);
        return ANSWERED;
    }
    if (q->fd >= 0 && got < 0)
        return RUNS;
    if (q->fd >= 0)
        close(q->fd);
    q->fd = -1;
    ended = waitpid(q->pid, &status, WNOHANG);
    if (ended == 0 || (ended < 0 && errno == EINTR))
        return RUNS; /* it has closed its output, and takes its time */
    q->pid = 0;
    return ended > 0 && status == 0 ? ANSWERED : FAILED;
}

void dn_queue_look(dn_queue *q, const char *run, const char *job, dn_watch_facts *out)
{
    char dir[PATH_ROOM / 2] = "", path[PATH_ROOM];
    outcome what = RUNS;

    if (q->pid == 0 && (!q->ever || dn_clock_s() - q->asked >= DN_QUEUE_EVERY_S))
        begin(q);
    if (q->pid > 0)
        what = take(q);
    if (what == FAILED && !q->old) {
        q->old = true;
        begin(q);
    } else if (what == FAILED)
        q->old = false; /* that was not it */
    if (what == ANSWERED && getcwd(dir, sizeof dir) != NULL) {
        join_path(dir, run, strlen(run), path);
        dn_queue_read(q->text, path, job, out);
    }
    if (q->pid > 0 && dn_clock_s() - q->asked > DN_QUEUE_PATIENCE_S)
        dn_queue_close(q);
    q->decided = q->decided || q->pid == 0;
}
