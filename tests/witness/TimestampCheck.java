import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.Security;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertStore;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.PKIXCertPathBuilderResult;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.tsp.TimeStampToken;
import org.bouncycastle.util.Store;

/**
 * Verifies RFC 3161 timestamp tokens (RSA, ECDSA, SM2 with the default user identifier) with Bouncy Castle.
 *
 * <p>Standard input, tab separated, one case per line: token file, data file, root certificate file (DER). Standard
 * output: {@code FACT VALUE} lines for each case, the last one {@code end}.
 */
public final class TimestampCheck {
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
        TimeStampToken token = new TimeStampToken(new CMSSignedData(Files.readAllBytes(Path.of(words[0]))));
        byte[] data = Files.readAllBytes(Path.of(words[1]));
        X509CertificateHolder root = new X509CertificateHolder(Files.readAllBytes(Path.of(words[2])));

        out.println("time\t" + token.getTimeStampInfo().getGenTime().toInstant());
        out.println("policy\t" + token.getTimeStampInfo().getPolicy());
        out.println("nonce\t" + token.getTimeStampInfo().getNonce());
        String algorithm = token.getTimeStampInfo().getMessageImprintAlgOID().getId();
        byte[] digest = MessageDigest.getInstance(algorithm, BC).digest(data);
        boolean same = MessageDigest.isEqual(digest, token.getTimeStampInfo().getMessageImprintDigest());
        out.println("imprint\t" + (same ? "matches" : "differs"));

        Collection<X509CertificateHolder> signers = matching(token.getCertificates(), token);
        if (signers.size() != 1) {
            out.println("error\tthe signer's certificate is there " + signers.size() + " times");
            return;
        }
        X509CertificateHolder signer = signers.iterator().next();
        out.println("signer\t" + signer.getSubject());
        out.println("token\t" + token(token, signer));
        out.println("chain\t" + chain(token, signer, root));
    }

    @SuppressWarnings("unchecked")
    private static Collection<X509CertificateHolder> matching(Store<X509CertificateHolder> all, TimeStampToken token) {
        return all.getMatches(token.getSID());
    }

    /** Signature, signing-certificate attribute, critical purpose and validity of the certificate at the time. */
    private static String token(TimeStampToken token, X509CertificateHolder signer) {
        try {
            token.validate(new JcaSimpleSignerInfoVerifierBuilder().setProvider(BC).build(signer));
            return "valid";
        } catch (Exception fault) {
            return reason(fault);
        }
    }

    /** Path building after RFC 5280 without revocation, at the token's time. */
    private static String chain(TimeStampToken token, X509CertificateHolder signer, X509CertificateHolder root) {
        try {
            JcaX509CertificateConverter converter = new JcaX509CertificateConverter().setProvider(BC);
            List<X509Certificate> certificates = new ArrayList<>();
            for (X509CertificateHolder holder : token.getCertificates().getMatches(null)) {
                certificates.add(converter.getCertificate(holder));
            }
            X509CertSelector target = new X509CertSelector();
            target.setCertificate(converter.getCertificate(signer));
            Set<TrustAnchor> anchors = Set.of(new TrustAnchor(converter.getCertificate(root), null));
            PKIXBuilderParameters parameters = new PKIXBuilderParameters(anchors, target);
            parameters.setRevocationEnabled(false);
            parameters.setDate(token.getTimeStampInfo().getGenTime());
            parameters.addCertStore(
                    CertStore.getInstance("Collection", new CollectionCertStoreParameters(certificates), BC));
            CertPathBuilder builder = CertPathBuilder.getInstance("PKIX", BC);
            PKIXCertPathBuilderResult result = (PKIXCertPathBuilderResult) builder.build(parameters);
            return "valid " + (result.getCertPath().getCertificates().size() + 1);
        } catch (Exception fault) {
            return reason(fault);
        }
    }

    private static String reason(Throwable fault) {
        StringBuilder text = new StringBuilder();
        for (Throwable cause = fault; cause != null; cause = cause.getCause()) {
            text.append(text.length() == 0 ? "" : ": ").append(cause.getClass().getSimpleName()).append(' ')
                    .append(cause.getMessage());
        }
        return text.toString().replace('\n', ' ').replace('\t', ' ');
    }
}
