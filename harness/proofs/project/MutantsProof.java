package proofs.project;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import lab.Repo;
import mutants.Patch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The planted bugs of {@code make mutants} fit the scripts as they are now. */
class MutantsProof {
    @Test
    @Tag("check")
    void everyPatchFits() {
        List<Patch> all = Patch.all();
        assertThat(all).isNotEmpty();
        assertThat(all).allSatisfy(patch -> assertThat(patch.hunks()).as(patch.name()).isNotEmpty()
                .allSatisfy(hunk -> assertThat(hunk.fits(Repo.root())).as(hunk.file()).isTrue()));
    }
}
