"""What a person reads who opens an archive package years later."""

from datetime import datetime

_TEXT = """\
电子证照档案包    Archive package of an electronic licence
============================================================

证照标识  identifier: {identifier}
封存单位  made by:    {maker}
封存时间  made at:    {made_at}

【中文】
本包含有一张电子证照的全部版本、办理记录、印章证书及其验证材料。解压后可直接阅读：

  manifest.json          清单：每个文件的 SHA-256 和 SM3 摘要、各版本、全部办理记录（生效时间、
                         记录时间、经办人、决定书文号）和封存时的状态
  manifest.json.p7s      封存单位对清单的签名（CMS, RFC 5652, DER）
  licences/<证照标识>/   各版本：licence.pdf 加盖印章的证照（有的另有 licence.ofd），
                         licence.json 结构化数据，licence.json.p7s 其签名，
                         attachments/ 扫描件和附件
  evidence/              印章和时间戳的证书（.cer）、吊销列表（.crl）、在线查询结果（.ocsp），均为 DER
  catalogue/             证照类型的定义
  register/              封存时的机构名录及其签名（如有）

核验：elicence archive verify 包文件 --trust 信任根目录
核验不需要网络。信任根证书须从别处取得，包内的证书不作为信任根。
所记状态是封存时的，不代表现在。没有本程序时：先用任何 SHA-256 工具核对清单中的摘要，再用
能验证 CMS 签名的工具验证 manifest.json.p7s 和各 licence.json.p7s。SM2 印章的标识符：
签名 1.2.156.10197.1.501，摘要 SM3 1.2.156.10197.1.401。

【English】
This package holds all versions of one electronic licence, everything that was done to it, the
certificates of its seals and what proves them. Once unpacked it can be read as it is:

  manifest.json          every file with its SHA-256 and SM3 digest, the versions, all acts (effective
                         and recorded time, who, number of the decision), and the state at that time
  manifest.json.p7s      the maker's signature over the manifest (CMS, RFC 5652, DER)
  licences/<identifier>/ each version: licence.pdf, sealed, and of some licence.ofd; licence.json, the
                         data; licence.json.p7s, its signature; attachments/, scans and other files
  evidence/              certificates (.cer), revocation lists (.crl) and answers (.ocsp), all DER
  catalogue/             definition of the licence type
  register/              the register of authorities of that time with its signature, if there was one

To check it: elicence archive verify PACKAGE --trust FOLDER
No network is needed. The certificates to trust must come from elsewhere: none in here is trusted.
The state is that of the time at which the package was made, not of today. Without this program:
compare the digests in the manifest with any SHA-256 tool, then verify manifest.json.p7s and each
licence.json.p7s with any tool for CMS signatures. Identifiers of SM2 seals: signature
1.2.156.10197.1.501, digest SM3 1.2.156.10197.1.401.
"""


def readme(identifier: str, maker: str, at: datetime) -> bytes:
    """Write the text for one package; with the marks that old editors need to see that it is UTF-8."""
    text = _TEXT.format(identifier=identifier, maker=maker, made_at=at.isoformat(timespec="seconds"))
    return b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()
