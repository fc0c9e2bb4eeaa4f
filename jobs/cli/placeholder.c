extern int dn_placeholder;
int dn_placeholder;
