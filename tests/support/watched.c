/* watched.c - what tests of jobs/watch share; see watched.h */
#include "tests/support/watched.h"

#include <stdio.h>
#include <string.h>
#include "tests/support/test.h"

const char watched_server[] =
    "{\"protocol\":1,\"host\":\"node1\",\"pid\":77,\"stage\":\"train gener\",\"job_id\":\"12\",\"restart\":0,"
    "\"ranks\":3,\"started_utc\":\"2026-02-03T10:00:00Z\"}";
const char watched_status[] = "{\"protocol\":1,\"seq\":5,\"t\":\"2026-02-03T10:11:12.345Z\",\"state\":"
                              "\"running\",\"stage\":\"train gener\","
                              "\"epoch\":3,\"epochs\":4,\"step\":5,\"steps\":10,\"loss\":0.5,\"per_second\":"
                              "1234,\"eta_s\":61,\"elapsed_s\":3700,"
                              "\"checkpoint\":{\"utc\":\"2026-02-03T10:10:12Z\",\"seconds\":0.5,\"path\":\"c."
                              "h5\"},\"refused\":{\"plain\":2,"
                              "\"flooded\":3},\"ranks\":[{\"rank\":0,\"host\":\"node1\",\"compute_ms\":40,"
                              "\"wait_ms\":9,\"memory_mb\":800},"
                              "{\"rank\":1,\"host\":\"node2\",\"compute_ms\":49,\"wait_ms\":0,\"memory_mb\":"
                              "801},{\"rank\":2}],\"unheard\":{}}";

void watched_fold(dn_watch_state *s, const char *kind, const char *text)
{
    dn_error err = DN_ERROR_INIT;
    dn_json *e = NULL;

    CU_ASSERT_EQUAL(dn_json_read(kind, text, strlen(text), &e, &err), DN_OK);
    CU_ASSERT_EQUAL(dn_watch_fold(s, kind, e, &err), DN_OK);
    if (err.text[0] != '\0')
        fprintf(stderr, "%s\n", err.text);
    dn_json_destroy(&e);
}

dn_watch_state *watched_new(void)
{
    dn_watch_state *s = NULL;
    dn_error err = DN_ERROR_INIT;

    CU_ASSERT_EQUAL(dn_watch_create("runs/warm", &s, &err), DN_OK);
    return s;
}
