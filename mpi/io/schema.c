/* schema.c - the table of schema.h */
#include "mpi/io/schema.h"

#include <fnmatch.h>
#include <stddef.h>

static const dn_schema_row table[] = {
    /* any file: texts that are too long for an attribute */
    {"/*.text", false, DN_U8, "byte", "1", "attribute of the file, UTF-8"},
    {"/*/*.text", false, DN_U8, "byte", "1", "attribute of the group, UTF-8"},
    {"/*/*/*.text", false, DN_U8, "byte", "1", "attribute of the group, UTF-8"},
    /* dragnet.dataset: genes */
    {"/genes/id", true, DN_U8, "gene", "1", "gene id, primary naming"},
    {"/genes/naming/*", true, DN_U8, "gene", "1", "gene id in another naming"},
    {"/genes/table_row", false, DN_I64, "gene", "1", "row in the gene id table before anything was dropped"},
    {"/genes/decoy", false, DN_U8, "gene", "1", "1: marked as a decoy, exists in no cell"},
    {"/genes/values", false, DN_I64, "gene", "count", "expression values that are not missing"},
    {"/expression/values", false, DN_F32, "gene,sample", "as imported", "expression, NaN where missing"},
    {"/expression/sample", true, DN_U8, "sample", "1", "sample name"},
    {"/expression/sample_file", false, DN_I64, "sample", "1", "number of the file of the sample"},
    {"/expression/file", true, DN_U8, "file", "1", "expression file as named on the command line"},
    /* dragnet.dataset: pairs */
    {"/pairs/*/gene_a", false, DN_I64, "pair", "gene index", "first gene"},
    {"/pairs/*/gene_b", false, DN_I64, "pair", "gene index", "second gene"},
    {"/pairs/*/label", false, DN_U8, "pair", "1",
     "2 classes: 0 none, 1 interaction; 4: 0 none, 1 connection, 2 a regulates b, 3 b regulates a"},
    {"/pairs/*/origin", false, DN_U8, "pair", "1", "0 given, 1 drawn uniformly, 2 degree-matched; absent: 0"},
    /* dragnet.dataset: drugs, targets and their labelled pairs */
    {"/drugs/id", true, DN_U8, "drug", "1", "drug id, as first seen"},
    {"/drugs/smiles", true, DN_U8, "drug", "1", "SMILES, as first seen"},
    {"/drugs/key", true, DN_U8, "drug", "1", "canonical SMILES: what makes it one drug"},
    {"/drugs/atoms", false, DN_I64, "drug", "count", "atoms of the drug"},
    {"/drugs/bonds", false, DN_I64, "drug", "count", "bonds of the drug"},
    {"/drugs/atom", false, DN_I8, "atom,field", "1",
     "number, degree, hydrogens, charge, hybridization, valence, aromatic, ring, stereo, radicals"},
    {"/drugs/isotope", false, DN_I64, "atom", "u", "mass number, 0: none stated"},
    {"/drugs/bond", false, DN_I8, "bond,field", "1", "type, order, ring, conjugated"},
    {"/drugs/bond_atom", false, DN_I64, "bond,end", "atom index", "its two atoms, from 0 in each drug"},
    {"/targets/id", true, DN_U8, "target", "1", "target id, as first seen"},
    {"/targets/sequence", true, DN_U8, "target", "1", "residues in capital letters"},
    {"/interactions/*/drug", false, DN_I64, "pair", "drug index", "drug"},
    {"/interactions/*/target", false, DN_I64, "pair", "target index", "target"},
    {"/interactions/*/label", false, DN_U8, "pair", "1", "1: activation, 0: inhibition"},
    /* splits: of pairs of genes, or of drugs and targets (attribute interactions in place of pairs) */
    {"/splits/*/drug_part", false, DN_U8, "fold,drug", "1",
     "0 train, 1 validation, 2 test, 3 drug in no pair"},
    {"/splits/*/target_part", false, DN_U8, "fold,target", "1",
     "0 train, 1 validation, 2 test, 3 target in no pair"},
    {"/splits/*/drug_cluster", false, DN_I64, "drug", "drug index",
     "lowest drug of its cluster, which stays whole; absent: each by itself"},
    {"/splits/*/target_cluster", false, DN_I64, "target", "target index",
     "lowest target of its cluster, which stays whole; absent: each by itself"},
    /* 4 more: a negative of a kind that training does not use, of a split with attribute negatives */
    {"/splits/*/part", false, DN_U8, "fold,pair", "1", "0 train, 1 validation, 2 test, 3 left out"},
    {"/splits/*/gene_part", false, DN_U8, "fold,gene", "1",
     "0 train, 1 validation, 2 test, 3 gene in no pair"},
    /* dragnet.dataset: networks. Absent /nodes/id: ids are the numbers; absent /edges/X/node: all nodes */
    {"/nodes/id", true, DN_U8, "node", "1", "node id, as first seen"},
    {"/nodes/side", false, DN_U8, "node", "1", "side of the node, index into attribute sides of /nodes"},
    {"/edges/*/source", false, DN_I64, "edge", "node index", "first node, of the lower side or number"},
    {"/edges/*/target", false, DN_I64, "edge", "node index", "second node"},
    {"/edges/*/weight", false, DN_F32, "edge", "as imported", "weight; absent: 1"},
    {"/edges/*/sign", false, DN_I8, "edge", "1", "+1 activation, -1 inhibition, 0 other; absent: 0"},
    {"/edges/*/node", false, DN_I64, "layer_node", "node index", "nodes of the layer, rising"},
    /* dragnet.dataset: where it came from */
    {"/sources/path", true, DN_U8, "source", "1", "input file as named on the command line"},
    {"/sources/sha256", true, DN_U8, "source", "1", "SHA-256 of the input file"},
    {"/sources/bytes", false, DN_I64, "source", "byte", "size of the input file"},
    /* dragnet.dataset: what a synthetic data set was made of */
    {"/truth/module", false, DN_I64, "gene", "1", "expression module of the gene"},
    {"/truth/hub", false, DN_F64, "gene", "1", "popularity of the gene"},
    {"/truth/drug_family", false, DN_I64, "drug", "1", "family of the drug"},
    {"/truth/drug_*", false, DN_F64, "drug", "1", "planted parameter of the drug"},
    {"/truth/target_family", false, DN_I64, "target", "1", "family of the target"},
    {"/truth/target_*", false, DN_F64, "target", "1", "planted parameter of the target"},
    {"/truth/*", false, DN_F64, "gene", "1", "planted parameter of the gene"},
    /* dragnet.model */
    {"/weights/*", false, DN_F32, "as the tensor", "1", "weights"},
    {"/running/*", false, DN_F32, "moment,channel", "1", "running mean and variance of a norm"},
    /* dragnet.states */
    {"/proteins/sequence", true, DN_U8, "protein", "1", "residues in capital letters"},
    {"/proteins/state_at", false, DN_I64, "protein", "position",
     "first position of the protein; the last: all"},
    {"/proteins/state", false, DN_F32, "position,channel", "1", "hidden state of a residue"},
    {"/proteins/state_bf16", false, DN_U16, "position,channel", "1",
     "hidden state of a residue as bfloat16: the upper half of a 32-bit float"},
    {"/proteins/checksum", false, DN_U8, "protein,byte", "1", "BLAKE2b-256 of the states of the protein"},
    /* dragnet.checkpoint: a training run between two steps */
    {"/checkpoint/position", false, DN_I64, "field", "1",
     "epochs done, steps done of the next, updates, best epoch"},
    {"/checkpoint/sums", false, DN_F64, "field", "1",
     "loss, right, seconds, seconds in steps of this epoch; best loss, best AUROC"},
    {"/checkpoint/epochs", false, DN_F64, "epoch,field", "1", "what was reported of each epoch"},
    {"/checkpoint/weights", false, DN_F32, "weight", "1", "weights"},
    {"/checkpoint/running", false, DN_F32, "moment", "1", "running means and variances of the norms"},
    {"/checkpoint/first_moment", false, DN_F32, "weight", "1", "Adam: mean of the gradients"},
    {"/checkpoint/second_moment", false, DN_F32, "weight", "1", "Adam: mean of their squares"},
    {"/checkpoint/best_weights", false, DN_F32, "weight", "1", "weights of the best epoch"},
    {"/checkpoint/best_running", false, DN_F32, "moment", "1", "running statistics of the best epoch"},
    /* dragnet.checkpoint: a screen between two rounds of blocks */
    {"/checkpoint/counts", false, DN_I64, "field", "1",
     "tiles or targets done, drugs done with the next block, targets of a block, known, scored, passes, "
     "single, candidates, missed"},
    {"/checkpoint/numbers", false, DN_F64, "field", "1", "largest difference and margin of logits"},
    {"/checkpoint/hit_score", false, DN_F32, "hit", "1", "score, negated of the lowest"},
    {"/checkpoint/hit_pair", false, DN_I64, "hit", "1",
     "place of the first in the order of the ids x ids of the second + its place"},
    {"/checkpoint/hit_heap", false, DN_I64, "hit", "1", "end x groups + group"},
    /* dragnet.network, which has /nodes/id and /nodes/side, too. What the columns of a table are says its
       attribute fields */
    {"/description/degree", false, DN_F64, "side,field", "edge", "statistics of the degrees of a side"},
    {"/description/strength", false, DN_F64, "side,field", "as the weights", "the same of the strengths"},
    {"/description/class", false, DN_I64, "side,class", "1", "nodes of low, medium and high degree"},
    {"/description/class_bound", false, DN_F64, "side,bound", "edge",
     "bounds of the classes; the upper one of a class belongs to it"},
    {"/description/histogram", false, DN_I64, "side,bin", "1", "nodes by degree, bins from a power of 2 on"},
    {"/description/isolated", false, DN_I64, "side", "1", "nodes without an edge"},
    {"/measures/*/*", false, DN_F64, "node", "as its definition", "a number for each node, NaN: none"},
    {"/spectra/*/value", false, DN_F64, "pair", "as its definition", "eigenvalues or singular values"},
    {"/spectra/*/residual", false, DN_F64, "pair", "as its definition", "residuals of the pairs"},
    {"/spectra/*/share", false, DN_F64, "pair", "1", "explained share of the variance, 0 to 1"},
    {"/spectra/*/embedding", false, DN_F64, "node,pair", "1", "coordinates of the nodes"},
    /* dragnet.screen */
    {"/screen/drug_id", true, DN_U8, "hit", "1", "drug id"},
    {"/screen/target_id", true, DN_U8, "hit", "1", "target id"},
    {"/screen/score", false, DN_F32, "hit", "1",
     "probability of activation, or of an interaction, as the network has it"},
    {"/screen/probability", false, DN_F64, "hit", "1", "the same, calibrated on validation; NaN: not"},
    {"/screen/probability_at_prevalence", false, DN_F64, "hit", "1",
     "the same where the stated share of pairs are activations; NaN: none stated"},
    {"/screen/sign", false, DN_I8, "hit", "1", "+1 kept for activation, -1 for inhibition"},
    {"/screen/known", false, DN_I8, "hit", "1",
     "label in the dataset, such as 1 activation, 0 inhibition; -1 none"},
    {"/screen/drug_rows", false, DN_I64, "hit", "count", "training rows of the drug"},
    {"/screen/target_rows", false, DN_I64, "hit", "count", "training rows of the target"},
    {"/screen/drug_likeness", false, DN_F64, "hit", "1", "of the drug to the nearest with training rows"},
    {"/screen/target_likeness", false, DN_F64, "hit", "1", "of the target to the nearest with such rows"},
    {"/screen/gene_a_id", true, DN_U8, "hit", "1", "gene of the lower number in the dataset"},
    {"/screen/gene_b_id", true, DN_U8, "hit", "1", "the other gene"},
    {"/screen/gene_a_rows", false, DN_I64, "hit", "count", "training rows of gene a"},
    {"/screen/gene_b_rows", false, DN_I64, "hit", "count", "training rows of gene b"},
    {"/screen/classes", false, DN_F32, "hit,class", "1", "probabilities of the four classes"},
};

const dn_schema_row *dn_schema_find(const char *path)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (fnmatch(table[i].path, path, FNM_PATHNAME) == 0)
            return &table[i];
    return NULL;
}
