using VkSparseGrad.Kernels;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Tests.Kernels;

public sealed partial class ReferenceKernelsTests
{
    // pytorch/executorch#22323: large arguments must saturate and stay finite.
    private static readonly float[] Extremes = [-1e4f, -100, -88.8f, -13.24f, -2.7f, -0f, 0, 2.7f, 20.625f, 100, 1e4f];

    [TestMethod]
    public void Add_adds_in_place()
    {
        Tensor sum = Row(1, 2);

        kernels.Add(Row(10, -3), sum);

        AssertValues(sum, 11, -1);
    }

    [TestMethod]
    public void Add_adds_into_a_third()
    {
        Tensor x = Row(1, 2), y = Row(10, -3), sum = Empty(1, 2);

        kernels.Add(x, y, sum);

        AssertValues(sum, 11, -1);
        AssertValues(y, 10, -3);
    }

    [TestMethod]
    public void SwiGlu_gates_and_saturates()
    {
        // σ(log 3) = 3/4; at 0 and log 3 the slope of silu is 1/2 and 3/4 (1 + log 3 / 4).
        float log3 = MathF.Log(3);
        Tensor gate = Row(0, log3, -1e4f, 1e4f), up = Row(5, 2, 3, 3), y = Empty(1, 4), dGate = Empty(1, 4), dUp = Empty(1, 4);

        kernels.SwiGlu(gate, up, y);
        kernels.SwiGluBackward(gate, up, Row(1, 1, 1, 1), dGate, dUp);

        AssertWithin(1e-6, y, 0, 1.5 * log3, 0, 3e4);
        AssertWithin(1e-6, dGate, 2.5, 1.5 * (1 + log3 / 4), 0, 3);
        AssertWithin(1e-6, dUp, 0, 0.75 * log3, 0, 1e4);
    }

    [TestMethod]
    public void Gelu_gives_the_published_values_into_the_tail()
    {
        Tensor x = Row(1, -1, -5, -13.24f, 20.625f), y = Empty(1, 5);

        kernels.Gelu(x, y);

        // x Φ(x) from 40-digit arithmetic, relatively: x / √2 is rounded, and Φ magnifies that by x², 175 at -13.24.
        double[] expected =
        [
            0.84134474606854294859, -0.15865525393145705141, -1.4332578593959696e-6, -3.4125427710710464e-39, 20.625,
        ];
        double[] values = kernels.Values(y).ToArray();
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.AreEqual(1, values[i] / expected[i], 1e-13, $"element {i}");
        }
    }

    [TestMethod]
    public void Gelu_saturates()
    {
        Tensor x = Row(Extremes), y = Empty(1, 11), slope = Empty(1, 11), ones = Empty(1, 11);
        kernels.Fill(ones, 1);

        kernels.Gelu(x, y);
        kernels.GeluBackward(x, ones, slope);

        AssertValues(
            y, 0, 0, 0, 0, -0.0093608280918740467, 0, 0, 2.6906392195918418, 20.625, 100, 1e4);
        Assert.IsTrue(kernels.ToArray(slope).All(float.IsFinite));
        AssertValues(slope, 0, 0, 0, 0, -0.024669547567252392, 0.5, 0.5, 1.0246695475672524, 1, 1, 1);
    }

    [TestMethod]
    public void Tanh_saturates()
    {
        Tensor x = Row(Extremes), y = Empty(1, 11), slope = Empty(1, 11), ones = Empty(1, 11);
        kernels.Fill(ones, 1);

        kernels.Tanh(x, y);
        kernels.TanhBackward(y, ones, slope);

        // tanh(13.24) is 1 - 6e-12.
        AssertWithin(1e-11, y, -1, -1, -1, -1, -0.99100745453185766, 0, 0, 0.99100745453185766, 1, 1, 1);
        AssertWithin(2e-11, slope, 0, 0, 0, 0, 0.017904225062288073, 1, 1, 0.017904225062288073, 0, 0, 0);
    }

    [TestMethod]
    public void Dropout_keeps_by_the_Philox_words_and_scales()
    {
        // Counter 0 and key 0 give 6627e8d5 e169c58d bc57ac4c 9b00dbd8; below 80000000 is dropped at one half.
        Tensor y = Empty(1, 4);

        kernels.ApplyDropout(Row(1, 2, 3, 4), new Dropout(0.5f, 0, 0, 0), y);

        AssertValues(y, 0, 4, 6, 8);
    }

    [TestMethod]
    public void Dropout_of_probability_zero_copies()
    {
        Tensor y = Empty(1, 3);

        kernels.ApplyDropout(Row(1, 2, 3), Dropout.None, y);

        AssertValues(y, 1, 2, 3);
    }
}
