/* pen.c - lines of text that never grow wider than a window; see pen.h */
#include "jobs/watch/pen.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/base/text.h"

typedef struct range {
    uint32_t first, last;
} range;

/* Letters, digits, punctuation and drawing that take one column everywhere, and those that take two. */
static const range narrow[] = {{0x20, 0x7e},     {0xa1, 0xac},     {0xae, 0x2ff},    {0x370, 0x377},
                               {0x37a, 0x37f},   {0x384, 0x38a},   {0x38e, 0x3a1},   {0x3a3, 0x482},
                               {0x48a, 0x52f},   {0x1e00, 0x1eff}, {0x2010, 0x2015}, {0x2018, 0x201f},
                               {0x2020, 0x2022}, {0x2026, 0x2026}, {0x2030, 0x2030}, {0x20ac, 0x20ac},
                               {0x2190, 0x2193}, {0x2212, 0x2212}, {0x2264, 0x2265}, {0x2500, 0x259f}};
static const range wide[] = {{0x3041, 0x3096}, {0x30a1, 0x30ff}, {0x3400, 0x4dbf},  {0x4e00, 0x9fff},
                             {0xac00, 0xd7a3}, {0xff01, 0xff5e}, {0x20000, 0x2a6df}};

static bool among(uint32_t c, const range *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (c >= list[i].first && c <= list[i].last)
            return true;
    return false;
}

/* Its columns; 0: to be replaced. */
static int columns_of(uint32_t c, bool utf8)
{
    if (!utf8 && c > 0x7e)
        return 0;
    if (among(c, narrow, sizeof narrow / sizeof narrow[0]))
        return 1;
    return among(c, wide, sizeof wide / sizeof wide[0]) ? 2 : 0;
}

static void put(dn_pen *p, const char *bytes, size_t n)
{
    if (p->st == DN_OK)
        p->st = dn_grow((void **)&p->text, &p->cap, p->len + n + 1, 1, NULL);
    if (p->st != DN_OK)
        return;
    memcpy(p->text + p->len, bytes, n);
    p->len += n;
    p->text[p->len] = '\0';
}

static void ink_on(dn_pen *p, dn_ink ink)
{
    static const char *const codes[] = {"",         "\033[1m",  "\033[2m", "\033[32m",
                                        "\033[33m", "\033[31m", "\033[36m"};

    if (p->colour && ink != DN_PLAIN)
        put(p, codes[ink], strlen(codes[ink]));
}

static void ink_off(dn_pen *p, dn_ink ink)
{
    if (p->colour && ink != DN_PLAIN)
        put(p, "\033[0m", 4);
}

bool dn_pen_write(dn_pen *p, dn_ink ink, const char *text)
{
    const char *at = text;
    bool all = true;

    ink_on(p, ink);
    while (all && *at != '\0') {
        int bytes;
        uint32_t c = dn_utf8_next(at, &bytes);
        int columns = columns_of(c, p->utf8);

        all = p->at + (columns > 0 ? columns : 1) <= p->columns;
        if (!all)
            break;
        if (columns > 0)
            put(p, at, (size_t)bytes);
        else
            put(p, "?", 1);
        p->at += columns > 0 ? columns : 1;
        at += bytes;
    }
    ink_off(p, ink);
    return all;
}

bool dn_pen_print(dn_pen *p, dn_ink ink, const char *format, ...)
{
    char text[1024];
    va_list list;

    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    return dn_pen_write(p, ink, text);
}

void dn_pen_tab(dn_pen *p, int column)
{
    while (p->at < column && p->at < p->columns) {
        put(p, " ", 1);
        p->at++;
    }
}

void dn_pen_end(dn_pen *p)
{
    put(p, "\n", 1);
    p->at = 0;
    p->lines++;
}

int dn_pen_width(const char *text, bool utf8)
{
    const char *at = text;
    int width = 0;

    while (*at != '\0') {
        int bytes, columns = columns_of(dn_utf8_next(at, &bytes), utf8);

        width += columns > 0 ? columns : 1;
        at += bytes;
    }
    return width;
}
