import java.io.OutputStream;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.Security;
import java.security.cert.Certificate;
import java.security.spec.ECGenParameterSpec;
import java.util.Date;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.OutputEncryptor;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS8EncryptedPrivateKeyInfoBuilder;
import org.bouncycastle.pkcs.jcajce.JcePKCSPBEOutputEncryptorBuilder;

/** Writes an SM2 key in the forms that Bouncy Castle has, into the folder that is its argument. */
public final class BouncyKeys {
    public static void main(String[] arguments) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        Path folder = Paths.get(arguments[0]);
        char[] password = "secret".toCharArray();
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", "BC");
        generator.initialize(new ECGenParameterSpec("sm2p256v1"));
        KeyPair pair = generator.generateKeyPair();
        Files.write(folder.resolve("public"), pair.getPublic().getEncoded());
        Files.write(folder.resolve("plain"), pair.getPrivate().getEncoded());

        OutputEncryptor encryptor = new JcePKCSPBEOutputEncryptorBuilder(NISTObjectIdentifiers.id_aes256_CBC)
            .setProvider("BC").build(password);
        Files.write(folder.resolve("encrypted"),
            new JcaPKCS8EncryptedPrivateKeyInfoBuilder(pair.getPrivate()).build(encryptor).getEncoded());

        X500Name name = new X500Name("CN=Seal");
        Date start = new Date(1700000000000L);
        Date end = new Date(1800000000000L);
        JcaX509v3CertificateBuilder builder =
            new JcaX509v3CertificateBuilder(name, BigInteger.ONE, start, end, name, pair.getPublic());
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
        X509CertificateHolder holder =
            builder.build(new JcaContentSignerBuilder("SM3withSM2").setProvider("BC").build(pair.getPrivate()));
        Files.write(folder.resolve("certificate"), holder.getEncoded());

        Certificate certificate = new JcaX509CertificateConverter().setProvider("BC").getCertificate(holder);
        KeyStore store = KeyStore.getInstance("PKCS12-3DES-3DES", "BC");
        store.load(null, null);
        store.setKeyEntry("seal", pair.getPrivate(), null, new Certificate[] {certificate});
        try (OutputStream out = Files.newOutputStream(folder.resolve("triple-des.p12"))) {
            store.store(out, password);
        }
    }
}
