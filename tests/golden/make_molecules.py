#!/usr/bin/env python3
"""make_molecules.py - RDKit -> molecules.txt: graphs, features and fingerprints of varied molecules

    python3 make_molecules.py > molecules.txt

    molecule ATOMS BONDS SMILES
    atom number degree aromatic hybridization charge hydrogens ring radicals isotope valence
    bond a b type conjugated ring                     type 1 2 3, 4 aromatic (0: see FUSION); in the order of (a, b)
    fingerprint BIT ...                               Morgan, radius 2, 2,048 bits; "-": not to be compared
    pairs BIT ...                                     atom pairs, 2,048 bits
    same SMILES                                       another way to write it, any number of lines
    end
    tanimoto VALUE SMILES SMILES
    refused WORD SMILES                               RDKit refuses it too; WORD stands in our message
    strict WORD SMILES                                RDKit reads it; we refuse it on purpose
"""
import random

import rdkit
from rdkit import Chem, DataStructs, RDLogger
from rdkit.Chem import AllChem, rdMolDescriptors

RDLogger.DisableLog("rdApp.*")
random.seed(4)

MOLECULES = """
C N O P S F Cl Br I B CC C=C C#C C#N [C-]#[O+] O=C=O N#N O=O
[Na+].[Cl-] [K+].[Br-] [H+].[Cl-] [H][H] [H] [H-].[Na+] [He] [Ar] [Xe] [Fe] [Fe+2] [Fe+3] [Cu+2] [Zn+2] [Mg+2] [Ca+2] [Li+]
[Al+3] [Ag+] [Au] [Hg] [Pb+2] [Gd+3] [Sm] [U] [Bi+3] [Sr+2].[Cl-].[Cl-] [As] [Se] [Te] [Si] [Ge] [Sb] [Tl+] [Tc] [Ra+2]
[OH-] [NH4+] [OH3+] [O-2] [S-2] [N+] [CH3-] [CH3+] [CH3] C[CH2] [CH2] [NH2-] [O] [OH] [NH] [SH-] [F-] [I-] [Cl] [N]=O [O-][O+]=O
[O]N=O C[N+](=O)[O-] CN(=O)=O c1ccccc1N(=O)=O CN=[N+]=[N-] CN=N#N C[N+]#N CC#N=O c1ccccn1=O c1cc[n+]([O-])cc1
C[N+](C)(C)C CC(=O)[O-].[Na+] CC(=O)[O-].C[NH3+] CC(=O)O.NCC Cl.CN1CCCC1 O.O.OC(=O)C(=O)O OS(=O)(=O)O.NC(=N)N
CC(=O)Oc1ccccc1C(=O)O CC(C)Cc1ccc(cc1)C(C)C(=O)O CN1C=NC2=C1C(=O)N(C(=O)N2C)C Cn1cnc2c1c(=O)n(C)c(=O)n2C CC(=O)Nc1ccc(O)cc1
c1ccccc1 C1=CC=CC=C1 c1ccncc1 C1=CC=NC=C1 c1cc[nH]c1 c1ccoc1 c1ccsc1 c1c[nH]cn1 c1cn[nH]c1 c1cocn1 c1cscn1 c1nnn[nH]1 c1nn[nH]n1
c1cnccn1 c1ccnnc1 c1cncnc1 c1ncncn1 c1ccc2ccccc2c1 c1ccc2cc3ccccc3cc2c1 c1ccc2c(c1)ccc1ccccc12 c1cc2ccc3cccc4ccc(c1)c2c34
c1ccc2[nH]ccc2c1 c1ccc2occc2c1 c1ccc2sccc2c1 c1ccc2[nH]cnc2c1 c1ccc2ncccc2c1 c1ccc2cnccc2c1 c1ncc2nc[nH]c2n1 n1ccn2cccc2c1
c1ccc2nc3ccccc3nc2c1 c1ccc2Nc3ccccc3Sc2c1 c1ccc2c(c1)[nH]c1ccccc12 c1ccc2c(c1)CCc1ccccc1N2 c1cc2cccccc2c1 C1=CC2=CC=CC=CC2=C1
O=c1cc[nH]cc1 O=C1C=CNC=C1 O=c1cccco1 O=C1C=CC(=O)C=C1 O=c1ccc2ccccc2o1 O=c1cc(-c2ccccc2)oc2ccccc12 Oc1ccccn1 O=c1cccc[nH]1
O=c1[nH]cc[nH]c1=O O=c1cc[nH]c(=O)[nH]1 Nc1cc[nH]c(=O)n1 Cc1c[nH]c(=O)[nH]c1=O Nc1ncnc2[nH]cnc12 Nc1nc2[nH]cnc2c(=O)[nH]1
C1CC1 C1CCC1 C1CCCC1 C1CCCCC1 C1CCCCCC1 C1CCCCCCCCCCC1 C1CC2CCC1C2 C1CC2CCC1CC2 C1C2CC3CC1CC(C2)C3 C12C3C4C1C5C2C3C45 C1CC11CC1
C1CCC2(CC1)CCCCC2 C1=CCC=CC1 C1=CC=CCC1 C1=CC=CC=CC=C1 C1=CC=CC1 [CH-]1C=CC=C1 [cH-]1cccc1 [CH+]1C=CC=CC=C1 c1c[cH+]1
C1=CC=CC=CC1 [O-][n+]1ccccc1 C[n+]1ccccc1 c1cc[o+]cc1 c1cc[s+]cc1 c1c[nH+]c[nH]1 [n-]1cccc1 c1cc[n-]c1 b1ccccc1
p1ccccc1 c1cc[pH]c1 c1cc[se]c1 c1c[te]cc1 C1=C[SiH2]C=C1 c1ccc[c]c1 C[Si](C)(C)C C[Si](C)(C)O[Si](C)(C)C OB(O)c1ccccc1 [B-](F)(F)(F)F F[B-](F)(F)F.CC[O+](CC)CC
CP(C)C CP(=O)(C)C COP(=O)(OC)OC OP(=O)(O)OP(=O)(O)O CP(Cl)(Cl)(Cl)Cl FP(F)(F)(F)F F[P-](F)(F)(F)(F)F C[P+](C)(C)C CC=P(C)(C)C P12P3P1P23 O=P12OP3(=O)OP(=O)(O1)OP(=O)(O2)O3
CS CSC CSSC CS(=O)C CS(=O)(=O)C CS(=O)(=O)N CS(=O)(=O)O CS(=O)(=O)[O-].[K+] CS(=O)(=N)C FS(F)(F)F FS(F)(F)(F)(F)F C[S+](C)C CC(=S)N NC(=S)N S1SSSSSSS1 O=S=O O=S(=O)=O
c1ccc(cc1)S(=O)c1ccccc1 C[S@](=O)CC C[S@@](=O)c1ccccc1 FI(F)F CI(C)C OCl O=Cl(=O)(=O)O [O-][Cl+3]([O-])([O-])[O-].[Na+] [O-]I(=O)=O OI(=O)(=O)=O c1ccccc1I(=O)=O F[Xe]F F[Xe](F)(F)F
C[As](C)C C[As](=O)(O)O O=[As]O[As]=O C[Se]C C[Se](=O)C [O-][Se](=O)[O-].[Na+].[Na+] C[Te]C C[Hg]C C[Hg+] CC[Pb](CC)(CC)CC C[Sn](C)(C)C Cl[Sn]Cl C[Ge](C)(C)C C[Al](C)C C[Mg]Br C[Zn]C [Li]CCCC
N[Pt](N)(Cl)Cl Cl[Pd]Cl [C-]#[O+].[Ni] O=[Ti]=O O=[Os](=O)(=O)=O [O-][Mn](=O)(=O)=O.[K+] [O-][Cr](=O)(=O)[O-] O=[V](=O)[O-] [Fe+2].[cH-]1cccc1.[cH-]1cccc1 [Co] C[Co] Cl[Ru](Cl)Cl Cl[Au](Cl)Cl [Au]S CC[Au] Cl[Ti](Cl)(Cl)Cl O=[U](=O)
C=C=C C=C=C=C CC=C=CC C=C=O C=[N+]=[N-] [CH2-][N+]#N N=C=O CN=C=O CN=C=S [S-]C#N [N-]=[N+]=[N-].[Na+] [N-]=C=O CC#C C#CC#C C=CC=C C=CC#N C=CC=O
C=O CC=O CC(=O)C CC(=O)O CC(=O)OC CC(=O)N CC(=O)N(C)C CC(=O)Cl CC(=O)OC(C)=O NC(=O)N NC(=N)N NC(=[NH2+])N CNC(=N)NC(N)=N OC(=O)O OC=O ON=C CC=NO NN CNN C=NN COC=C CN(C)C=C NC=C OC=C SC=C CSC=C FC=C ClC=C
NN=C(C)C c1ccccc1N c1ccccc1N(C)C c1ccccc1O c1ccccc1[O-] c1ccccc1S c1ccccc1C c1ccccc1[CH2] c1ccccc1[CH2+] c1ccccc1[CH2-] c1ccccc1C=C c1ccccc1C#C c1ccccc1-c1ccccc1 c1ccccc1c1ccccc1 c1ccc(cc1)N=Nc1ccccc1
F/C=C/F F/C=C\\F C/C=C/C=C\\C C/C(=N\\O)C [H]/N=C/C [H]/C(C)=C/C [H]\\N=C(/N)C C/N=C/C O/N=C(/C)c1ccccc1 C(/F)(\\Cl)=C(/Br)I
N[C@@H](C)C(=O)O N[C@H](C)C(=O)O C[C@](N)(F)O C[C@H]1CCCC[C@@H]1O [C@@H]1(O)[C@H](O)[C@@H](O)[C@H](O)[C@@H](O)[C@H]1O OC[C@H]1OC(O)[C@H](O)[C@@H](O)[C@@H]1O C[C@@](F)(Cl)Br [C@](F)(Cl)(Br)I F[C@]12CC[C@@H](C1)C2 [H][C@](C)(O)F C[P@](=O)(O)CC C[N@+](CC)(CCC)CCCC CC=[C@]=CC
[2H]C([2H])([2H])O [2H]O[2H] [2H] [3H]C [13CH4] [13C]C [14CH3]CC [15NH3] O=[18O] [18F]CC [123I]CCC [131I-].[Na+] [99Tc] [2H]c1ccccc1 [1H]C [12CH4] [2H][2H] [2H]N([2H])C=O [11CH3]OC C[238U]
[H]C([H])([H])[H] [H]O[H] [H]N([H])C [H]c1ccccc1 [H]n1cccc1 [H]OC(=O)C [H][N+]([H])([H])[H] [H]Cl [H]F [H][C-]([H])[H] [H]S[H] [H]P([H])[H] [H][Si]([H])([H])[H] [H]C#C[H] [H][O-] [H][Na]
[CH3:1][OH:2] [cH:1]1ccccc1 C%10CCCC%10 C1CC1C1CC1 C1.C1 C12.C2.C1 C(C)(C)(C)C C=1CCCCC=1 C1=CCCCC1 C-C C-1CC-1 c1ccccc1:c1ccccc1 c1:c:c:c:c:c1 CC(C)C(C(C)C)C(C)C
CN1CCC[C@H]1c1cccnc1 CN1[C@H]2CC[C@@H]1[C@H]([C@H](C2)OC(=O)c1ccccc1)C(=O)OC CN1CC[C@]23c4c5ccc(O)c4O[C@H]2[C@@H](O)C=C[C@H]3[C@H]1C5 C[C@]12CC[C@H]3[C@@H](CCC4=CC(=O)CC[C@]34C)[C@@H]1CC[C@@H]2O
CC1(C)S[C@@H]2[C@H](NC(=O)Cc3ccccc3)C(=O)N2[C@H]1C(=O)O CC(=O)O[C@H]1C(=O)[C@@]2(C)[C@H]([C@H](OC(=O)c3ccccc3)[C@]3(O)C[C@H](OC(=O)[C@H](O)[C@@H](NC(=O)c4ccccc4)c4ccccc4)C(C)=C1C3(C)C)[C@]1(OC(C)=O)CO[C@@H]1C[C@@H]2O
CCN(CC)CCNC(=O)c1ccc(N)cc1 CN(C)CCCN1c2ccccc2Sc2ccc(Cl)cc21 Clc1ccc2c(c1)C(c1ccccc1)=NCC(=O)N2C COc1ccc2[nH]cc(CCNC(C)=O)c2c1 NCCc1ccc(O)c(O)c1 NCCc1c[nH]c2ccc(O)cc12 CNC[C@H](O)c1ccc(O)c(O)c1
Cc1ccc(cc1Nc1nccc(n1)-c1cccnc1)NC(=O)c1ccc(CN2CCN(C)CC2)cc1 CCCc1nn(C)c2c1nc([nH]c2=O)-c1cc(ccc1OCC)S(=O)(=O)N1CCN(C)CC1 CC(C)(C)NCC(O)c1ccc(O)c(CO)c1 CN(C)C(=N)NC(N)=N OC(Cn1cncn1)(Cn1cncn1)c1ccc(F)cc1F
CC[C@H]1OC(=O)[C@H](C)[C@@H](O)[C@H](C)[C@@H](O)[C@](C)(O)C[C@@H](C)C(=O)[C@H](C)[C@@H](O)[C@]1(C)O OC(=O)CN1CCN(CC(O)=O)CCN(CC(O)=O)CC1.[Gd+3] [Na+].[Na+].[O-]C(=O)C(O)C(O)C([O-])=O
c1ccc2c(c1)c1nc2nc2[nH]c(nc3nc(nc4[nH]c(n1)c1ccccc41)c1ccccc31)c1ccccc21 C1=CC2=CC3=CC=C(N3)C=C3C=CC(=N3)C=C3C=CC(N3)=CC1=N2 c1ccc2c(c1)[nH]c1c2ccnc1 O=C1c2ccccc2C(=O)c2ccccc12 O=C1c2ccccc2-c2ccccc12
[O-]C(=O)c1ccccc1-c1c2ccc(=O)cc-2oc2cc([O-])ccc12.[Na+].[Na+] CN(C)c1ccc2nc3ccc(cc3[s+]c2c1)N(C)C.[Cl-] Nc1ccc2cc3ccc(N)cc3nc2c1 C1COCCOCCOCCOCCOCCO1 CCCCCCCCCCCCCCCC(=O)OCC(O)CO CC(C)=CCCC(C)=CCCC(C)=CCO OC1=C(O)C(=O)OC1C(O)CO
C[C@H](CCC(O)=O)[C@H]1CC[C@H]2[C@@H]3CC[C@@H]4C[C@H](O)CC[C@]4(C)[C@H]3CC[C@]12C NC(=O)CC[C@@H](N)C(O)=O C(C(=O)O)N C(C(C(=O)O)N)C1=CNC=N1 N1CCC[C@H]1C(=O)O CSCC[C@H](N)C(O)=O SC[C@H](N)C(O)=O OP(O)(=O)OC[C@H]1O[C@H](C[C@@H]1O)n1cnc2c(N)ncnc12
O=C1NC(=O)C(c2ccccc2)(c2ccccc2)N1 CC1=C(C(C(=C(N1)C)C(=O)OC)c1ccccc1[N+](=O)[O-])C(=O)OC CC(C)NCC(O)COc1cccc2ccccc12 FC(F)(F)c1ccccc1 FC(F)(Cl)Cl ClC(Cl)Cl ClC(Cl)=C(Cl)Cl BrCBr ICI FC(F)(F)C(Br)Cl C(#N)C#N N#CC(C#N)=C(C#N)C#N
N1C=CC=C1 O1C=CC=C1 S1C=CC=C1 N1=CC=CC=C1 C1=CN=CN1 N1C=NC=C1 C1=CC=C2C(=C1)C=CN2 C1=CC=C2C=CC=CC2=C1 C1=CC=CC2=CC=CC=C12 C1(=CC=CC=C1)O C1=NC=NC2=C1N=CN2 S1C=NC=C1 O1N=CC=C1 N1N=NN=C1 O=C1N(C)C(=O)N(C)C2=C1N(C)C=N2
"""

# another writing of a molecule, by hand: Kekule form, explicit hydrogens, fragments in another order, charges parted
PAIRS = """
c1ccccc1 C1=CC=CC=C1
c1ccccc1C C1=CC=CC=C1C
CO OC
CO [H]C([H])([H])O[H]
[Na+].[Cl-] [Cl-].[Na+]
CC(=O)[O-].[Na+] [Na+].[O-]C(C)=O
C[N+](=O)[O-] CN(=O)=O
C[N+](=O)[O-] C[N+]([O-])=O
CN=[N+]=[N-] CN=N#N
N[C@@H](C)C(=O)O C[C@H](N)C(O)=O
N[C@@H](C)C(=O)O [H][C@@](C)(N)C(=O)O
F/C=C/F F\\C=C\\F
Cn1cnc2c1c(=O)n(C)c(=O)n2C CN1C=NC2=C1C(=O)N(C(=O)N2C)C
c1cc[nH]c1 [H]N1C=CC=C1
C1CCCCC1 C%11CCCCC%11
[2H]C [2H][CH3]
[13CH4] [13C]([H])([H])([H])[H]
C1.C1 CC
O=c1cc[nH]cc1 O=C1C=CNC=C1
Clc1ccc2c(c1)C(c1ccccc1)=NCC(=O)N2C CN1c2ccc(Cl)cc2C(=NCC1=O)c1ccccc1
"""

# RDKit keeps the bond that two aromatic rings share single where only the ring around both is aromatic; Indigo does not
FUSION = ["c1cc2cccccc2c1", "C1=CC2=CC=CC=CC2=C1", "[O-]C(=O)c1ccccc1-c1c2ccc(=O)cc-2oc2cc([O-])ccc12.[Na+].[Na+]"]

# RDKit and Indigo disagree which side of a sulfoxide is meant when its sulfur comes first; Indigo's key of a ring whose centres
# differ by each other only depends on the writing
UNSTABLE = ["C[S@](=O)CC", "C[S@@](=O)c1ccccc1", "[C@@H]1(O)[C@H](O)[C@@H](O)[C@H](O)[C@@H](O)[C@H]1O"]

REFUSED = [("Kekule", s) for s in "c1cccn1 c1cncn1 c1cccc1 c1cc1 c1cc[cH]c1 [n]1cccc1 c1ccc2cccc2c1 c1ccc2nccc2c1 n1c2ccccc2c2ccccc12 c1cc[cH+]cccc1 c1ccccc1(C)C".split()]
REFUSED += [("valence", s) for s in "C(C)(C)(C)(C)C C(=C)(=C)=C CN(C)(C)C C[N](C)(C)(C)C FC(F)(F)(F)F CO(C)C C=O=C F=C [CH5] [NH5] Cl(C)C B(C)(C)(C)C C#C(C)C [C](C)(C)(C)(C)C [O-](C)C [O+](C)(C)(C)C FClF Br[Br-]Br [NH3][Pt]([NH3])(Cl)Cl [H]B1[H]B([H])([H])[H]1 [H]C([H])=N([H])[H] [H]O([H])[H] [H]C([H])([H])=C c1c2(cccc2)cc2c1cccc2 OI(=O)(O)=O [H]F[H]".split()]
REFUSED += [("ring", s) for s in "cc c1ccccc1c C=c C1CC C12CC1 c c1ccccc".split()]
REFUSED += [("column", s) for s in "C) C(C)) C== C=#C =C (C)C .C C..C 1CC1 C%1C [C [] [13] C] [CH3 X Z1 XX Cx CCQ C11 Q C(( C()C N()=CC C(.O)C C1C(2CC2)C1 [O3] [N4H] [C4@H](F)(O)C [C@HH](N)C [I2H] [4C+H3] [S-2+] [C-H-] [C::1] [Ccc] [H]] {} <> not_a_smiles none nan "
            "[C@@@H](C)(N)O InChI=1S/CH4/h1H4 #N (=O) -C % CC(=O)Oc1ccccc1C(=O)O) c1ccccc1[nb]".split()]
REFUSED += [("closed", s) for s in "C( C(C".split()]
REFUSED += [("ends", s) for s in "C/ C\\ C: C. C=".split()]
REFUSED += [("unreadable", s) for s in "[Xx] C1C1 [Qq]C".split()]

# our own choice: RDKit reads these
STRICT = [("wildcard", "*CC"), ("wildcard", "[*]C"), ("query", "C~C"), ("$", "C$C"), ("digits", "CC%(100)CC%(100)"),
          ("query", "[#6]"), ("empty", ""), ("blank", "CCO ethanol"), ("blank", "CC O"), ("bond", "C=1CC-1"), ("ring", "C:C"), ("column", "C1:C:C:C:Cl:1")]


def row(*x):
    print(*[int(v) for v in x])


def types(b):
    T = Chem.BondType
    return {T.SINGLE: 1, T.DOUBLE: 2, T.TRIPLE: 3, T.AROMATIC: 4}[b.GetBondType()]


def describe(smiles, others):
    m = Chem.MolFromSmiles(smiles)
    print("molecule", m.GetNumAtoms(), m.GetNumBonds(), smiles)
    for a in m.GetAtoms():
        print("atom", end=" ")
        row(a.GetAtomicNum(), a.GetDegree(), a.GetIsAromatic(), a.GetHybridization(), a.GetFormalCharge(), a.GetTotalNumHs(),
            a.IsInRing(), a.GetNumRadicalElectrons(), a.GetIsotope(), a.GetTotalValence())
    bonds = [(min(b.GetBeginAtomIdx(), b.GetEndAtomIdx()), max(b.GetBeginAtomIdx(), b.GetEndAtomIdx()), types(b) * (smiles not in FUSION),
              b.GetIsConjugated(), b.IsInRing()) for b in m.GetBonds()]
    for b in sorted(bonds):
        print("bond", end=" ")
        row(*b)
    if smiles in FUSION or any(a.GetIsotope() for a in m.GetAtoms()):
        print("fingerprint -")
    else:
        print("fingerprint", *AllChem.GetMorganFingerprintAsBitVect(m, 2, 2048).GetOnBits())
    print("pairs", *rdMolDescriptors.GetHashedAtomPairFingerprintAsBitVect(m, 2048).GetOnBits())
    for s in others:
        print("same", s)
    print("end")


def rewritten(smiles):
    """The molecule by RDKit: from another atom on, in its Kekule form, with all hydrogens."""
    m = Chem.MolFromSmiles(smiles)
    out = {Chem.MolToSmiles(m, doRandom=True), Chem.MolToSmiles(m, doRandom=True), Chem.MolToSmiles(m)}
    k = Chem.Mol(m)
    Chem.Kekulize(k, clearAromaticFlags=True)
    out.add(Chem.MolToSmiles(k, kekuleSmiles=True, canonical=False))
    if all(a.GetAtomicNum() != 1 for a in m.GetAtoms()):
        out.add(Chem.MolToSmiles(Chem.AddHs(m)))
    return sorted(s for s in out if "->" not in s and "<-" not in s and s != smiles)


def peptide(n):
    """About n heavy atoms of all twenty residues."""
    side = ["C", "CO", "CC(=O)O", "Cc1ccccc1", "", "Cc1c[nH]cn1", "CCCCN", "CC(C)C", "CCSC", "CC(N)=O", "CCC(N)=O", "CCCNC(=N)N", "C(C)O",
            "C(C)C", "Cc1c[nH]c2ccccc12", "Cc1ccc(O)cc1", "CS", "CCC(=O)O"]
    text = ""
    while Chem.MolFromSmiles("[H]" + text + "O").GetNumAtoms() < n if text else True:
        r = random.choice(side)
        text += f"N[C@@H]({r})C(=O)" if r else "NCC(=O)"
    return text + "O"


def main():
    print(f"# RDKit {rdkit.__version__}")
    texts = MOLECULES.split() + [peptide(500)]
    assert len(texts) == len(set(texts)), [t for t in texts if texts.count(t) > 1]
    pairs = {}
    for line in PAIRS.strip().split("\n"):
        a, b = line.split()
        assert Chem.CanonSmiles(a) == Chem.CanonSmiles(b), line
        pairs.setdefault(a, []).append(b)
    for s in texts:
        describe(s, (rewritten(s) if s not in UNSTABLE else []) + pairs.pop(s, []))
    for s, others in pairs.items():
        describe(s, others)
    drugs = [s for s in texts if 10 < len(s) < 120]
    for _ in range(40):
        a, b = random.sample(drugs, 2)
        fa, fb = (AllChem.GetMorganFingerprintAsBitVect(Chem.MolFromSmiles(s), 2, 2048) for s in (a, b))
        if "[1" not in a + b and "[2" not in a + b:
            print("tanimoto", repr(DataStructs.TanimotoSimilarity(fa, fb)), a, b)
    for word, s in REFUSED:
        assert Chem.MolFromSmiles(s) is None, s
        print("refused", word, s)
    for word, s in STRICT:
        print("strict", word, s)


if __name__ == "__main__":
    main()
