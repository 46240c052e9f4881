import java.io.File;
import java.util.Set;
import java.util.TreeSet;
import org.semanticweb.owlapi.apibinding.OWLManager;
import org.semanticweb.owlapi.model.OWLAxiom;
import org.semanticweb.owlapi.model.OWLDatatype;
import org.semanticweb.owlapi.model.OWLOntology;
import org.semanticweb.owlapi.profiles.OWL2DLProfile;
import org.semanticweb.owlapi.profiles.OWLProfileViolation;
import org.semanticweb.owlapi.vocab.OWL2Datatype;

/** Prints every way in which an ontology leaves OWL 2 DL, and exits 1 when there is one. */
public class OwlProfile {
    public static void main(String[] files) throws Exception {
        OWLOntology ontology = OWLManager.createOWLOntologyManager().loadOntologyFromOntologyDocument(new File(files[0]));
        Set<String> found = new TreeSet<>();
        for (OWLProfileViolation violation : new OWL2DLProfile().checkOntology(ontology).getViolations()) {
            found.add(violation.toString());
        }
        // This version of the OWL API lets every datatype of XML Schema pass; OWL 2 has no xsd:date or xsd:gYear.
        for (OWLAxiom axiom : ontology.getLogicalAxioms()) {
            for (OWLDatatype datatype : axiom.getDatatypesInSignature()) {
                if (!OWL2Datatype.isBuiltIn(datatype.getIRI())) {
                    found.add("Not a datatype of OWL 2: " + datatype + " in " + axiom);
                }
            }
        }
        found.forEach(System.out::println);
        System.exit(found.isEmpty() ? 0 : 1);
    }
}
