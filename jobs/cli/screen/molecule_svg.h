/* molecule_svg.h - a molecule drawn with a value of every atom as its colour
 *
 * One SVG 1.1 file without outside parts: discs in a diverging palette (blue below 0, white 0, red above,
 * the ends at the largest magnitude), bonds in the Kekule form of the graph, symbols of atoms that are not
 * carbon with hydrogens and charge, atom numbers as tooltips, a legend. Local.
 */
#ifndef DN_CLI_MOLECULE_SVG_H
#define DN_CLI_MOLECULE_SVG_H

#include <stdio.h>
#include "solvers/chem/molecule.h"

/* m was read with DN_CHEM_LAYOUT; value [n_atoms]; note is a second, smaller line under the title. The
 * picture is as wide as these lines need. Errors of the stream are left to its owner. */
void dn_molecule_svg(const dn_molecule *m, const double *value, const char *title, const char *note,
                     FILE *to);

#endif
