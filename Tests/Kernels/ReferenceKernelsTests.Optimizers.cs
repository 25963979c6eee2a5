using VkSparseGrad.Kernels;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Tests.Kernels;

public sealed partial class ReferenceKernelsTests
{
    [TestMethod]
    public void SquaredNorm_writes_its_slot_and_no_other()
    {
        Tensor partials = Empty(1, 3 * IKernels.NormPartials);
        kernels.Fill(partials, 7);

        kernels.SquaredNorm(Row(3, 4, 12), partials, 1);

        double[] values = kernels.Values(partials).ToArray();
        Assert.AreEqual(169, values[64..128].Sum());
        Assert.IsTrue(values[..64].Concat(values[128..]).All(value => value == 7));
    }

    [TestMethod]
    [DataRow(26f, 1f, 1.0, DisplayName = "below the limit")]
    [DataRow(6.5f, 1f, 6.5 / (13 + 1e-6), DisplayName = "above the limit")]
    [DataRow(0f, 1f, 1.0, DisplayName = "no clipping")]
    [DataRow(6.5f, float.NaN, double.NaN, DisplayName = "loss is NaN")]
    [DataRow(0f, float.PositiveInfinity, double.NaN, DisplayName = "loss is infinite")]
    public void ClipFactor_follows_PyTorch(float maxNorm, float loss, double expected)
    {
        Tensor partials = Empty(1, 2 * IKernels.NormPartials), clip = Empty(1, 2);
        kernels.SquaredNorm(Row(3, 4), partials, 0);
        kernels.SquaredNorm(Row(12), partials, 1);

        kernels.ClipFactor(partials, Row(loss), maxNorm, clip);

        AssertValues(clip, expected, 13);
    }

    [TestMethod]
    public void ClipFactor_is_NaN_where_the_norm_is_not_finite()
    {
        Tensor partials = Empty(1, IKernels.NormPartials), clip = Empty(1, 2);
        kernels.SquaredNorm(Row(1, float.PositiveInfinity), partials, 0);

        kernels.ClipFactor(partials, Row(1), 1, clip);

        AssertValues(clip, double.NaN, double.PositiveInfinity);
    }

    [TestMethod]
    public void AdamW_first_step_by_hand()
    {
        // Clipped gradient 2: m = 1, v = 1; corrected m = 2, v = 4; step 0.25 · 2 / (2 + 0.5); decay 1 - 0.25 · 0.5.
        Tensor parameter = Row(8), m = Row(0), v = Row(0);
        var adam = new AdamParameters(0.25f, 0.5f, 0.75f, 0.5f, 0.5f, 1);

        kernels.AdamW(parameter, Row(4), m, v, Row(0.5f, 0), adam);

        AssertValues(parameter, 7 - 0.2);
        AssertValues(m, 1);
        AssertValues(v, 1);
    }

    [TestMethod]
    public void AdamW_second_step_by_hand()
    {
        // m = 0.5 · 1 + 0.5 · 0 = 0.5 over 1 - 1/4; v = 0.75 over 1 - 9/16.
        Tensor parameter = Row(1), m = Row(1), v = Row(1);
        var adam = new AdamParameters(0.5f, 0.5f, 0.75f, 0.125f, 0, 2);

        kernels.AdamW(parameter, Row(0), m, v, Row(1, 0), adam);

        AssertValues(parameter, 1 - 0.5 * (0.5 / 0.75) / (Math.Sqrt(0.75 / (7.0 / 16)) + 0.125));
    }

    [TestMethod]
    public void SparseAdam_moves_only_the_kept_places()
    {
        // Gradient 2 at place 2: m = 1, v = 1. Step size 0.25 · sqrt(1/4) / (1/2) = 0.25, epsilon before the correction.
        Tensor m = Matrix(2, 2, 5, 5, 0, 5), v = Matrix(2, 2, 6, 6, 0, 6), delta = Empty(1, 1);
        var adam = new AdamParameters(0.25f, 0.5f, 0.75f, 0.25f, 0, 1);

        kernels.SparseAdam(Ids(2), Row(4), m, v, Row(0.5f, 0), adam, delta);

        AssertValues(delta, -0.25 * 1 / (1 + 0.25));
        AssertValues(m, 5, 5, 1, 5);
        AssertValues(v, 6, 6, 1, 6);
    }

    [TestMethod]
    public void A_NaN_clip_factor_leaves_everything_as_it_is()
    {
        Tensor parameter = Row(8), m = Row(1), v = Row(2), delta = Empty(1, 1), clip = Row(float.NaN, 0);
        var adam = new AdamParameters(0.25f, 0.5f, 0.75f, 0.25f, 0.5f, 1);

        kernels.AdamW(parameter, Row(float.NaN), m, v, clip, adam);
        kernels.SparseAdam(Ids(0), Row(float.NaN), m, v, clip, adam, delta);

        AssertValues(parameter, 8);
        AssertValues(m, 1);
        AssertValues(v, 2);
        AssertValues(delta, 0);
    }
}
