/* elements.h - what the rules of molecules need to know of each element */
#ifndef DN_CHEM_ELEMENTS_H
#define DN_CHEM_ELEMENTS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct dn_element {
    int8_t outer;              /* electrons of the outer shell */
    int8_t valence;            /* the lowest one, -1 where there is none */
    int8_t most;               /* the highest one, -1 where anything goes */
    int16_t weight;            /* atomic weight, rounded; unit u */
    int16_t electronegativity; /* Pauling's, times 100; 0 where there is none */
    bool metal;
} dn_element;

/* The element of an atomic number, or NULL when there is none. */
const dn_element *dn_element_of(int number);

/* "C" of 6; "?" when there is none. */
const char *dn_element_symbol(int number);

#endif
