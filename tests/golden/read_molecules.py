#!/usr/bin/env python3
"""read_molecules.py FILE - what unit.molecule_rdkit wrote of a table of SMILES, as RDKit reads it

Format of molecules.txt. Ends with 0 when atoms, the four published features, charge, hydrogens, rings, radicals,
valence and conjugation are RDKit's in every molecule, and bond types and fingerprints in 99.5 % of them (RDKit keeps
some bonds between fused rings single); 77 when there is no RDKit.
"""
import sys

try:
    from rdkit import Chem, RDLogger
    from rdkit.Chem import AllChem, rdMolDescriptors
except ImportError:
    sys.exit(77)

RDLogger.DisableLog("rdApp.*")
TYPE = {Chem.BondType.SINGLE: 1, Chem.BondType.DOUBLE: 2, Chem.BondType.TRIPLE: 3, Chem.BondType.AROMATIC: 4}


def molecules(path):
    for line in open(path):
        word, *rest = line.split()
        if word == "molecule":
            smiles, atoms, bonds, bits, pairs = rest[2], [], [], [], []
        elif word == "end":
            yield smiles, atoms, bonds, bits, pairs
        else:
            numbers = [int(x) for x in rest]
            if word == "fingerprint":
                bits = numbers
            elif word == "pairs":
                pairs = numbers
            else:
                (atoms if word == "atom" else bonds).append(numbers)


total = same = types = prints = paired = atoms_total = 0
for smiles, atoms, bonds, bits, pairs in molecules(sys.argv[1]):
    m = Chem.MolFromSmiles(smiles)
    a = [[a.GetAtomicNum(), a.GetDegree(), int(a.GetIsAromatic()), int(a.GetHybridization()), a.GetFormalCharge(), a.GetTotalNumHs(),
          int(a.IsInRing()), a.GetNumRadicalElectrons(), a.GetIsotope(), a.GetTotalValence()] for a in m.GetAtoms()]
    b = sorted([*sorted((x.GetBeginAtomIdx(), x.GetEndAtomIdx())), TYPE.get(x.GetBondType(), 0), int(x.GetIsConjugated()),
                int(x.IsInRing())] for x in m.GetBonds())
    total += 1
    atoms_total += len(a)
    if a == atoms and [x[:2] + x[3:] for x in b] == [x[:2] + x[3:] for x in bonds]:
        same += 1
    else:
        print("# differs from RDKit:", smiles)
    types += b == bonds
    prints += list(AllChem.GetMorganFingerprintAsBitVect(m, 2, 2048).GetOnBits()) == bits
    paired += list(rdMolDescriptors.GetHashedAtomPairFingerprintAsBitVect(m, 2048).GetOnBits()) == pairs
print(f"# {total} molecules, {atoms_total} atoms; as RDKit: {same} graphs, {types} bond types, {prints} fingerprints, {paired} atom pairs")
sys.exit(0 if total > 0 and same == total and min(types, prints, paired) >= 0.995 * total else 1)
