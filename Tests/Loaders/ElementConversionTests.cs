using System.Buffers.Binary;
using VkSparseGrad.ModelLoaders.Safetensors;

namespace VkSparseGrad.Tests.Loaders;

[TestClass]
public sealed class ElementConversionTests
{
    [TestMethod]
    [DataRow(0x3F80, 1f)]
    [DataRow(0x0001, 9.1835e-41f)]
    [DataRow(0x7F80, float.PositiveInfinity)]
    [DataRow(0xFFC0, float.NaN)]
    [DataRow(0x8000, -0f)]
    [DataRow(0x4049, 3.140625f)]
    [DataRow(0x7F7F, 3.3895314e38f)]
    public void BF16_words_widen_exactly(int word, float expected) => AssertWidens(SafetensorsType.BF16, word, expected);

    [TestMethod]
    [DataRow(0x0001, 5.9604645e-8f)]
    [DataRow(0x03FF, 6.097555e-5f)]
    [DataRow(0x0400, 6.1035156e-5f)]
    [DataRow(0x7BFF, 65504f)]
    [DataRow(0x8000, -0f)]
    [DataRow(0x7C00, float.PositiveInfinity)]
    [DataRow(0xFC00, float.NegativeInfinity)]
    [DataRow(0x7E00, float.NaN)]
    public void F16_words_widen_exactly(int word, float expected) => AssertWidens(SafetensorsType.F16, word, expected);

    [TestMethod]
    [DataRow(SafetensorsType.BF16)]
    [DataRow(SafetensorsType.F16)]
    public void Every_16_bit_word_comes_back_the_same(SafetensorsType type)
    {
        byte[] words = new byte[2 * 65536];
        for (int i = 0; i < 65536; i++)
            BinaryPrimitives.WriteUInt16LittleEndian(words.AsSpan(2 * i), (ushort)i);
        float[] floats = new float[65536];
        Elements.ToFloat(type, words, floats);
        byte[] back = new byte[words.Length];
        Elements.FromFloat(type, floats, back);
        for (int i = 0; i < 65536; i++)
        {
            ushort result = BinaryPrimitives.ReadUInt16LittleEndian(back.AsSpan(2 * i));
            if (float.IsNaN(floats[i]))
            {
                Elements.ToFloat(type, back.AsSpan(2 * i, 2), floats.AsSpan(i, 1));
                Assert.IsTrue(float.IsNaN(floats[i]), $"{i:X4}");
            }
            else
            {
                Assert.AreEqual(i, result, $"{i:X4}");
            }
        }
    }

    [TestMethod]
    [DataRow(0x3F808000u, 0x3F80, DisplayName = "tie to even, down")]
    [DataRow(0x3F818000u, 0x3F82, DisplayName = "tie to even, up")]
    [DataRow(0x3F808001u, 0x3F81, DisplayName = "just above the tie")]
    [DataRow(0x3F807FFFu, 0x3F80, DisplayName = "just below the tie")]
    [DataRow(0x3FFFFFFFu, 0x4000, DisplayName = "carry into the exponent")]
    [DataRow(0x00008001u, 0x0001, DisplayName = "subnormal")]
    [DataRow(0x7F800001u, 0x7FC0, DisplayName = "NaN in the low bits stays a NaN")]
    [DataRow(0xFFFFFFFFu, 0xFFFF, DisplayName = "NaN of all ones does not wrap")]
    public void BF16_rounds_to_nearest_even(uint bits, int expected) =>
        Assert.AreEqual(expected, Narrow(SafetensorsType.BF16, BitConverter.UInt32BitsToSingle(bits)));

    [TestMethod]
    [DataRow(1.00048828125f, 0x3C00, DisplayName = "tie to even, down")]
    [DataRow(1.00146484375f, 0x3C02, DisplayName = "tie to even, up")]
    [DataRow(65519.996f, 0x7BFF, DisplayName = "largest that still rounds to finite")]
    [DataRow(2.9802322e-8f, 0x0000, DisplayName = "half the least subnormal")]
    [DataRow(2.9802326e-8f, 0x0001, DisplayName = "above half the least subnormal")]
    public void F16_rounds_to_nearest_even(float value, int expected) =>
        Assert.AreEqual(expected, Narrow(SafetensorsType.F16, value));

    [TestMethod]
    [DataRow(SafetensorsType.F16, 65520f)]
    [DataRow(SafetensorsType.F16, -1e30f)]
    [DataRow(SafetensorsType.BF16, float.MaxValue)]
    public void A_finite_value_never_becomes_infinite(SafetensorsType type, float value) =>
        Assert.Contains(type.Name(), Assert.ThrowsExactly<OverflowException>(() => Narrow(type, value)).Message);

    [TestMethod]
    public void F64_reads_as_doubles_exactly_and_as_floats_rounded()
    {
        using var folder = new TempFolder();
        byte[] data = new byte[16];
        BinaryPrimitives.WriteDoubleLittleEndian(data, 0.1);
        BinaryPrimitives.WriteDoubleLittleEndian(data.AsSpan(8), 1e300);
        using SafetensorsFile file = SafetensorsFile.Open(folder.Write("m", RawSafetensors.Build(
            """{"a":{"dtype":"F64","shape":[2],"data_offsets":[0,16]}}""", data)));
        double[] doubles = new double[2];
        float[] floats = new float[2];
        file.ReadDoubles("a", doubles);
        file.ReadFloats("a", floats);
        CollectionAssert.AreEqual(new[] { 0.1, 1e300 }, doubles);
        CollectionAssert.AreEqual(new[] { 0.1f, float.PositiveInfinity }, floats);
    }

    private static void AssertWidens(SafetensorsType type, int word, float expected)
    {
        byte[] bytes = [(byte)word, (byte)(word >> 8)];
        using var folder = new TempFolder();
        using SafetensorsFile file = SafetensorsFile.Open(folder.Write("m", RawSafetensors.Build(
            $$$"""{"a":{"dtype":"{{{type.Name()}}}","shape":[1],"data_offsets":[0,2]}}""", bytes)));
        float[] read = new float[1];
        double[] wide = new double[1];
        file.ReadFloats("a", read);
        file.ReadDoubles("a", wide);
        Assert.AreEqual(expected, read[0]);
        Assert.AreEqual((double)expected, wide[0]);
        if (float.IsNaN(expected))
            return;
        Assert.AreEqual(float.IsNegative(expected), float.IsNegative(read[0]));
        Assert.AreEqual(word, Narrow(type, read[0]));
    }

    private static int Narrow(SafetensorsType type, float value)
    {
        byte[] bytes = new byte[2];
        Elements.FromFloat(type, [value], bytes);
        return BinaryPrimitives.ReadUInt16LittleEndian(bytes);
    }
}
