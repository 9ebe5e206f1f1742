import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.Security;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertStore;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.PKIXCertPathBuilderResult;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.cms.Attribute;
import org.bouncycastle.asn1.ess.ESSCertIDv2;
import org.bouncycastle.asn1.ess.SigningCertificateV2;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.SignerInformation;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

/**
 * Verifies detached CMS signatures (RSA, ECDSA, SM2 with the default user identifier) with Bouncy Castle.
 *
 * <p>Standard input, tab separated, one case per line: CMS file, content file, instant of the chain's validation, root
 * certificate files (DER) ... Standard output: {@code FACT VALUE} lines for each case, the last one {@code end}.
 */
public final class CmsCheck {
    private static final String BC = BouncyCastleProvider.PROVIDER_NAME;

    public static void main(String[] arguments) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        BufferedReader cases = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = cases.readLine(); line != null; line = cases.readLine()) {
            String[] words = line.split("\t");
            try {
                check(words, out);
            } catch (Exception fault) {
                out.println("error\t" + reason(fault));
            }
            out.println("end");
        }
    }

    private static void check(String[] words, PrintStream out) throws Exception {
        byte[] cms = Files.readAllBytes(Path.of(words[0]));
        byte[] content = Files.readAllBytes(Path.of(words[1]));
        Date at = Date.from(Instant.parse(words[2]));
        List<X509Certificate> roots = new ArrayList<>();
        for (int i = 3; i < words.length; i++) {
            roots.add(certificate(Files.readAllBytes(Path.of(words[i]))));
        }

        CMSSignedData asSent = new CMSSignedData(cms);
        out.println("detached\t" + (asSent.getSignedContent() == null));
        CMSSignedData signed = new CMSSignedData(new CMSProcessableByteArray(content), cms);
        List<X509Certificate> certificates = new ArrayList<>();
        for (X509CertificateHolder holder : signed.getCertificates().getMatches(null)) {
            certificates.add(new JcaX509CertificateConverter().setProvider(BC).getCertificate(holder));
        }
        Collection<SignerInformation> signers = signed.getSignerInfos().getSigners();
        out.println("signers\t" + signers.size());
        for (SignerInformation signer : signers) {
            check(signer, signed, certificates, roots, at, out);
        }
    }

    private static void check(SignerInformation signer, CMSSignedData signed, List<X509Certificate> certificates,
            List<X509Certificate> roots, Date at, PrintStream out) throws Exception {
        out.println("digest_algorithm\t" + signer.getDigestAlgOID());
        out.println("signature_algorithm\t" + signer.getEncryptionAlgOID());
        List<X509CertificateHolder> matching = new ArrayList<>();
        for (X509CertificateHolder holder : signed.getCertificates().getMatches(null)) {
            if (signer.getSID().match(holder)) {
                matching.add(holder);
            }
        }
        if (matching.size() != 1) {
            out.println("error\tthe signer's certificate is there " + matching.size() + " times");
            return;
        }
        X509CertificateHolder holder = matching.get(0);
        X509Certificate leaf = new JcaX509CertificateConverter().setProvider(BC).getCertificate(holder);
        out.println("signer\t" + leaf.getSubjectX500Principal().getName());
        out.println("signature\t" + signature(signer, holder));
        out.println("signed_attributes\t" + signedAttributes(signer));
        out.println("signing_certificate\t" + signingCertificate(signer, leaf));
        out.println("chain\t" + chain(leaf, certificates, roots, at));
    }

    /** Signature over the signed attributes, the digest of the content in them, and their content type. */
    private static String signature(SignerInformation signer, X509CertificateHolder holder) {
        try {
            boolean valid = signer.verify(new JcaSimpleSignerInfoVerifierBuilder().setProvider(BC).build(holder));
            return valid ? "valid" : "invalid";
        } catch (Exception fault) {
            return reason(fault);
        }
    }

    private static String signedAttributes(SignerInformation signer) {
        TreeSet<String> types = new TreeSet<>();
        if (signer.getSignedAttributes() != null) {
            for (Attribute attribute : signer.getSignedAttributes().toASN1Structure().getAttributes()) {
                types.add(attribute.getAttrType().getId());
            }
        }
        return String.join(" ", types);
    }

    /** The CAdES attribute that ties the signature to one certificate; Bouncy Castle leaves it to the caller. */
    private static String signingCertificate(SignerInformation signer, X509Certificate leaf) throws Exception {
        if (signer.getSignedAttributes() == null) {
            return "absent";
        }
        Attribute attribute = signer.getSignedAttributes().get(PKCSObjectIdentifiers.id_aa_signingCertificateV2);
        if (attribute == null) {
            return "absent";
        }
        ASN1Encodable value = attribute.getAttrValues().getObjectAt(0);
        ESSCertIDv2 first = SigningCertificateV2.getInstance(value).getCerts()[0];
        String algorithm = first.getHashAlgorithm().getAlgorithm().getId();
        byte[] digest = MessageDigest.getInstance(algorithm, BC).digest(leaf.getEncoded());
        return MessageDigest.isEqual(digest, first.getCertHash()) ? "matches" : "differs";
    }

    /** Path building after RFC 5280 without revocation, from the leaf to one of the given roots only. */
    private static String chain(X509Certificate leaf, List<X509Certificate> certificates, List<X509Certificate> roots,
            Date at) {
        try {
            Set<TrustAnchor> anchors = new HashSet<>();
            for (X509Certificate root : roots) {
                anchors.add(new TrustAnchor(root, null));
            }
            X509CertSelector target = new X509CertSelector();
            target.setCertificate(leaf);
            PKIXBuilderParameters parameters = new PKIXBuilderParameters(anchors, target);
            parameters.setRevocationEnabled(false);
            parameters.setDate(at);
            parameters.addCertStore(
                    CertStore.getInstance("Collection", new CollectionCertStoreParameters(certificates), BC));
            CertPathBuilder builder = CertPathBuilder.getInstance("PKIX", BC);
            PKIXCertPathBuilderResult result = (PKIXCertPathBuilderResult) builder.build(parameters);
            return "valid " + (result.getCertPath().getCertificates().size() + 1);
        } catch (Exception fault) {
            return reason(fault);
        }
    }

    private static X509Certificate certificate(byte[] der) throws Exception {
        CertificateFactory factory = CertificateFactory.getInstance("X.509", BC);
        return (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(der));
    }

    private static String reason(Throwable fault) {
        StringBuilder text = new StringBuilder();
        for (Throwable cause = fault; cause != null; cause = cause.getCause()) {
            text.append(text.length() == 0 ? "" : "; ").append(cause.getClass().getSimpleName());
            text.append(cause.getMessage() == null ? "" : ": " + cause.getMessage().replaceAll("\\s+", " "));
        }
        return text.toString();
    }

    private CmsCheck() {}
}
