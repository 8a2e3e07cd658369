"""Brazilian papers, written by the layouts 4.00 (NFC-e, NF-e), 1.00 (events) and 0.08 (CF-e SAT)."""

from __future__ import annotations

CNPJ = "11222333000181"
CPF = "52998224725"
NFE = 'xmlns="http://www.portalfiscal.inf.br/nfe"'


def money(cents):
    return f"{cents // 100}.{cents % 100:02d}"


def key_of(number, *, cnpj=CNPJ, model="65", series="1", month="2603"):
    """An access key with its check digit: weights 2 to 9 from the right, modulo 11."""
    bare = f"35{month}{cnpj}{model}{int(series):03d}{int(number):09d}1{int(number):08d}"
    rest = sum(int(digit) * (2 + place % 8) for place, digit in enumerate(reversed(bare))) % 11
    return bare + str(0 if rest < 2 else 11 - rest)


def item(code, cents, *, quantity="1.0000", discount=0, ncm="19052090", name="PAO FRANCES", ean="SEM GTIN", more=""):
    """An item of a receipt, as `det` has it."""
    less = f"<vDesc>{money(discount)}</vDesc>" if discount else ""
    counted = "" if "<indTot>" in more else "<indTot>1</indTot>"
    return (
        f"<prod><cProd>{code}</cProd><cEAN>{ean}</cEAN><xProd>{name}</xProd><NCM>{ncm}</NCM><CFOP>5102</CFOP>"
        f"<uCom>UN</uCom><qCom>{quantity}</qCom><vUnCom>{money(cents)}</vUnCom><vProd>{money(cents)}</vProd>"
        f"<cEANTrib>{ean}</cEANTrib><uTrib>UN</uTrib><qTrib>{quantity}</qTrib><vUnTrib>{money(cents)}</vUnTrib>"
        f"{less}{more}{counted}</prod>"
        "<imposto><ICMS><ICMSSN102><orig>0</orig><CSOSN>102</CSOSN></ICMSSN102></ICMS>"
        "<PIS><PISNT><CST>07</CST></PISNT></PIS><COFINS><COFINSNT><CST>07</CST></COFINSNT></COFINS></imposto>"
    )


def paid(code, cents):
    return f"<detPag><tPag>{code}</tPag><vPag>{money(cents)}</vPag></detPag>"


def protocol(key, *, status="100", environment="1"):
    return (
        f'<protNFe versao="4.00"><infProt><tpAmb>{environment}</tpAmb><verAplic>SP1</verAplic><chNFe>{key}</chNFe>'
        "<dhRecbto>2026-03-04T08:00:05-03:00</dhRecbto><nProt>135260000000001</nProt>"
        "<digVal>yyKJjLWzs3dN5RqsKQinVgTKAPI=</digVal>"
        f"<cStat>{status}</cStat><xMotivo>Autorizado o uso da NF-e</xMotivo></infProt></protNFe>"
    )


def nfce(
    number,
    items,
    total,
    *,
    products=None,
    discount=0,
    other=0,
    payments=None,
    change=0,
    cpf=CPF,
    buyer=None,
    cnpj=CNPJ,
    series="1",
    at="2026-03-04T08:00:00-03:00",
    model="65",
    direction="1",
    purpose="1",
    environment="1",
    emission="1",
    references=(),
    prot=None,
    version="4.00",
    outer="4.00",
    wrap=None,
):
    """A receipt; `total`, `discount` and the rest in cents. `prot` "": without the authority's word."""
    key = key_of(number, cnpj=cnpj, model=model, series=series)
    gross = products if products is not None else total + discount - other
    dest = f"<dest><CPF>{cpf}</CPF><xNome>ANA SOUZA</xNome><indIEDest>9</indIEDest></dest>" if cpf else ""
    dest = buyer if buyer is not None else dest
    refs = "".join(f"<NFref><refNFe>{reference}</refNFe></NFref>" for reference in references)
    contingency = f"<dhCont>{at}</dhCont><xJust>SEM INTERNET NA LOJA</xJust>" if emission == "9" else ""
    dets = "".join(f'<det nItem="{place}">{each}</det>' for place, each in enumerate(items, 1))
    pays = "".join(payments if payments is not None else [paid("01", total)])
    back = f"<vTroco>{money(change)}</vTroco>" if change else ""
    zero = "".join(f"<{name}>0.00</{name}>" for name in ("vBC", "vICMS", "vICMSDeson", "vFCP", "vBCST", "vST"))
    zero += "<vFCPST>0.00</vFCPST><vFCPSTRet>0.00</vFCPSTRet>"
    rest = "".join(f"<{name}>0.00</{name}>" for name in ("vII", "vIPI", "vIPIDevol", "vPIS", "vCOFINS"))
    nfe = (
        f'<NFe {NFE}><infNFe Id="NFe{key}" versao="{version}"><ide><cUF>35</cUF><cNF>{int(number):08d}</cNF>'
        f"<natOp>VENDA</natOp><mod>{model}</mod><serie>{series}</serie><nNF>{number}</nNF><dhEmi>{at}</dhEmi>"
        f"<tpNF>{direction}</tpNF><idDest>1</idDest><cMunFG>3550308</cMunFG><tpImp>4</tpImp><tpEmis>{emission}</tpEmis>"
        f"<cDV>{key[-1]}</cDV><tpAmb>{environment}</tpAmb><finNFe>{purpose}</finNFe><indFinal>1</indFinal>"
        f"<indPres>1</indPres><procEmi>0</procEmi><verProc>1.0</verProc>{contingency}{refs}</ide>"
        f"<emit><CNPJ>{cnpj}</CNPJ><xNome>PADARIA EXEMPLO LTDA</xNome><enderEmit><xLgr>RUA EXEMPLO</xLgr><nro>1</nro>"
        "<xBairro>CENTRO</xBairro><cMun>3550308</cMun><xMun>SAO PAULO</xMun><UF>SP</UF><CEP>01001000</CEP></enderEmit>"
        f"<IE>110042490114</IE><CRT>1</CRT></emit>{dest}{dets}"
        f"<total><ICMSTot>{zero}<vProd>{money(gross)}</vProd><vFrete>0.00</vFrete><vSeg>0.00</vSeg>"
        f"<vDesc>{money(discount)}</vDesc>{rest}<vOutro>{money(other)}</vOutro><vNF>{money(total)}</vNF></ICMSTot></total>"
        f"<transp><modFrete>9</modFrete></transp><pag>{pays}{back}</pag>"
        "<infAdic><infCpl>CLIENTE ANA SOUZA RUA DAS FLORES 10</infCpl></infAdic></infNFe></NFe>"
    )
    said = protocol(key) if prot is None else prot
    if wrap is not None:
        return wrap.format(nfe=nfe, key=key)
    if prot == "":
        return nfe
    return f'<?xml version="1.0" encoding="UTF-8"?><nfeProc {NFE} versao="{outer}">{nfe}{said}</nfeProc>'


def cancel(number, *, kind="110111", status="135", at="2026-03-04T09:00:00-03:00", environment="1", **named):
    """A cancel event as the authority registered it."""
    key = key_of(number, **named)
    asked = (
        f'<evento versao="1.00"><infEvento Id="ID{kind}{key}01"><cOrgao>35</cOrgao><tpAmb>{environment}</tpAmb>'
        f"<CNPJ>{CNPJ}</CNPJ><chNFe>{key}</chNFe><dhEvento>{at}</dhEvento><tpEvento>{kind}</tpEvento>"
        '<nSeqEvento>1</nSeqEvento><verEvento>1.00</verEvento><detEvento versao="1.00">'
        "<descEvento>Cancelamento</descEvento><nProt>135260000000001</nProt>"
        "<xJust>ERRO DE DIGITACAO</xJust></detEvento></infEvento></evento>"
    )
    answer = (
        f'<retEvento versao="1.00"><infEvento><tpAmb>{environment}</tpAmb><verAplic>SP1</verAplic><cOrgao>35</cOrgao>'
        f"<cStat>{status}</cStat><xMotivo>Evento registrado</xMotivo><chNFe>{key}</chNFe><tpEvento>{kind}</tpEvento>"
        "<xEvento>Cancelamento</xEvento><nSeqEvento>1</nSeqEvento>"
        "<dhRegEvento>2026-03-04T09:00:02-03:00</dhRegEvento></infEvento></retEvento>"
    )
    return f'<procEventoNFe {NFE} versao="1.00">{asked}{answer}</procEventoNFe>'


def returned(number, of, items, total, **more):
    """A return of goods by the shop's own NF-e, model 55."""
    references = [key_of(each) for each in of]
    said = {"model": "55", "direction": "0", "purpose": "4", "references": references, "series": "9"} | more
    return nfce(number, items, total, payments=[paid("90", 0)], **said)


def cfe_key(number, sat=900004019):
    bare = f"352506{CNPJ}59{sat:09d}{number:06d}{number:06d}"
    rest = sum(int(digit) * (2 + place % 8) for place, digit in enumerate(reversed(bare))) % 11
    return f"CFe{bare}{0 if rest < 2 else 11 - rest}"


def cfe_item(code, cents, *, quantity="1.0000", discount=0, shared=0, added=0):
    less = f"<vDesc>{money(discount)}</vDesc>" if discount else ""
    return (
        f"<prod><cProd>{code}</cProd><xProd>PAO FRANCES</xProd><NCM>19052090</NCM><CFOP>5102</CFOP><uCom>UN</uCom>"
        f"<qCom>{quantity}</qCom><vUnCom>{money(cents)}</vUnCom><vProd>{money(cents)}</vProd>"
        f"<indRegra>A</indRegra>{less}<vItem>{money(cents - discount - shared + added)}</vItem>"
        f"<vRatDesc>{money(shared)}</vRatDesc><vRatAcr>{money(added)}</vRatAcr></prod>"
    )


def cfe(number, items, total, *, payments=None, change=0, cpf=CPF, environment="1", key=None):
    """A receipt that a SAT authorised; "" as key: what the till asked for."""
    key = cfe_key(number) if key is None else key
    named = f"<nCFe>{number:06d}</nCFe><dEmi>20250604</dEmi><hEmi>083015</hEmi><cDV>{key[-1]}</cDV>" if key else ""
    dest = f"<dest><CPF>{cpf}</CPF></dest>" if cpf else "<dest/>"
    dets = "".join(f'<det nItem="{place}">{each}</det>' for place, each in enumerate(items, 1))
    pays = payments if payments is not None else [("01", total)]
    paid_so = "".join(f"<MP><cMP>{code}</cMP><vMP>{money(cents)}</vMP></MP>" for code, cents in pays)
    return (
        f'<?xml version="1.0"?><CFe><infCFe Id="{key}" versao="0.08"><ide><cUF>35</cUF><mod>59</mod>'
        f"<nserieSAT>900004019</nserieSAT>{named}<tpAmb>{environment}</tpAmb><CNPJ>16716114000172</CNPJ>"
        f"<numeroCaixa>002</numeroCaixa></ide><emit><CNPJ>{CNPJ}</CNPJ><xNome>PADARIA</xNome></emit>{dest}{dets}"
        f"<total><vCFe>{money(total)}</vCFe></total><pgto>{paid_so}<vTroco>{money(change)}</vTroco></pgto>"
        "<infAdic><infCpl>CLIENTE ANA</infCpl></infAdic></infCFe></CFe>"
    )


def cfe_cancel(number, of):
    return (
        f'<?xml version="1.0"?><CFeCanc><infCFe Id="{cfe_key(number)}" chCanc="{cfe_key(of)}" versao="0.08">'
        "<dEmi>20250604</dEmi><hEmi>083015</hEmi><ide><cUF>35</cUF><mod>59</mod><nserieSAT>900004019</nserieSAT>"
        f"<nCFe>{number:06d}</nCFe><dEmi>20250604</dEmi><hEmi>084500</hEmi><numeroCaixa>005</numeroCaixa></ide>"
        f"<emit><CNPJ>{CNPJ}</CNPJ></emit><dest/><total><vCFe>7.90</vCFe></total></infCFe></CFeCanc>"
    )
