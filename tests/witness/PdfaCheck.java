import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.TreeMap;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/**
 * Validates PDF files against PDF/A-3u with veraPDF, all in one JVM.
 *
 * <p>Standard input: one file name per line. Standard output, tab separated: {@code failed CLAUSE-TEST MESSAGE} for each
 * broken rule, {@code error CLASS MESSAGE} when the file cannot be parsed, then {@code compliant true|false}, which closes
 * the answer for one file.
 */
public final class PdfaCheck {
    private static final int FAILURES_SHOWN_PER_RULE = 1;

    public static void main(String[] arguments) throws Exception {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        System.setOut(System.err);
        VeraGreenfieldFoundryProvider.initialise();
        BufferedReader names = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String name = names.readLine(); name != null; name = names.readLine()) {
            boolean compliant = false;
            try {
                compliant = validate(name, out);
            } catch (Exception | LinkageError | StackOverflowError fault) {
                out.println("error\t" + fault.getClass().getSimpleName() + "\t" + oneLine(fault.getMessage()));
            }
            out.println("compliant\t" + compliant);
        }
    }

    private static boolean validate(String name, PrintStream out) throws Exception {
        try (InputStream file = new FileInputStream(name);
                PDFAParser parser = Foundries.defaultInstance().createParser(file, PDFAFlavour.PDFA_3_U);
                PDFAValidator validator = Foundries.defaultInstance()
                        .createValidator(PDFAFlavour.PDFA_3_U, FAILURES_SHOWN_PER_RULE, false, true, false)) {
            ValidationResult result = validator.validate(parser);
            TreeMap<String, String> failures = new TreeMap<>();
            for (TestAssertion assertion : result.getTestAssertions()) {
                if (assertion.getStatus() == TestAssertion.Status.FAILED) {
                    String rule = assertion.getRuleId().getClause() + "-" + assertion.getRuleId().getTestNumber();
                    String message = assertion.getErrorMessage();
                    failures.putIfAbsent(rule, oneLine(message != null ? message : assertion.getMessage()));
                }
            }
            failures.forEach((rule, message) -> out.println("failed\t" + rule + "\t" + message));
            return result.isCompliant();
        }
    }

    private static String oneLine(String text) {
        return text == null ? "" : text.replaceAll("\\s+", " ").trim();
    }

    private PdfaCheck() {}
}
