using VkSparseGrad.Kernels;
using VkSparseGrad.Kernels.Reference;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Tests.Kernels;

/// <summary>16-bit floats by their bits, on both implementations.</summary>
[TestClass]
public sealed class WidenTests
{
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void BFloat16_is_the_upper_half_of_a_float(bool onDevice) => Check(
        onDevice, HalfFormat.BFloat16, [0x3f80, 0x0001, 0x7f80, 0xffc0, 0x8000, 0x4049, 0x7f7f],
        [1, 9.1835e-41f, float.PositiveInfinity, float.NaN, -0f, 3.140625f, 3.3895314e38f]);

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Float16_keeps_subnormals_and_what_is_not_finite(bool onDevice) => Check(
        onDevice, HalfFormat.Float16, [0x0001, 0x03ff, 0x0400, 0x7bff, 0x8000, 0x8001, 0x7c00, 0xfc00, 0x7e00],
        [
            5.9604645e-8f, 6.097555e-5f, 6.1035156e-5f, 65504, -0f, -5.9604645e-8f, float.PositiveInfinity, float.NegativeInfinity,
            float.NaN,
        ]);

    private static void Check(bool onDevice, HalfFormat format, ushort[] halves, float[] expected)
    {
        using var reference = new ReferenceKernels();
        IKernels kernels = onDevice ? TestDevice.Kernels : reference;
        uint[] words = [.. halves.Chunk(2).Select(pair => pair[0] | (pair.Length > 1 ? (uint)pair[1] << 16 : 0))];
        using Tensor packed = kernels.FromArray(words);
        using Tensor y = kernels.Allocate(Shape.Vector(halves.Length), MemoryCategory.Scratch);

        kernels.Widen(packed, format, y);

        float[] actual = kernels.ToArray(y);
        for (int i = 0; i < expected.Length; i++)
        {
            // By bits, for a zero has a sign; of NaN any will do.
            Assert.AreEqual(Bits(expected[i]), Bits(actual[i]), $"{halves[i]:x4} became {actual[i]}.");
        }
    }

    private static uint Bits(float value) => float.IsNaN(value) ? uint.MaxValue : BitConverter.SingleToUInt32Bits(value);
}
