using VkSparseGrad.Kernels;
using VkSparseGrad.Kernels.Reference;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Tests.Kernels;

/// <summary>Tensors without elements, and values that only a change of bits would show, on both implementations.</summary>
[TestClass]
public sealed class TransferTests
{
    /// <summary>Smallest and largest subnormals, the infinities, both zeros, and quiet NaNs that carry something.</summary>
    private static readonly uint[] Patterns =
    [
        0x00000001, 0x80000001, 0x007fffff, 0x807fffff, 0x00010000, 0x7f800000, 0xff800000, 0x00000000, 0x80000000, 0x7fc00000,
        0xffc00000, 0x7fc12345, 0xffffffff, 0x7f7fffff, 0x00800000, 0x3f800000,
    ];

    /// <summary>Signalling NaNs, which the reference's conversion to double makes quiet.</summary>
    private static readonly uint[] Signalling = [0x7f800001, 0xff800001, 0x7fbfffff];

    /// <summary>Field case 10: a zero-byte buffer.</summary>
    [TestMethod]
    [DataRow(false, 0, 0)]
    [DataRow(false, 0, 7)]
    [DataRow(false, 3, 0)]
    [DataRow(true, 0, 0)]
    [DataRow(true, 0, 7)]
    [DataRow(true, 3, 0)]
    public void An_empty_tensor_is_a_tensor(bool onDevice, int rows, int columns)
    {
        using var reference = new ReferenceKernels();
        IKernels kernels = onDevice ? TestDevice.Kernels : reference;
        int messages = TestDevice.Device.ValidationMessages.Count;
        var shape = new Shape(rows, columns);

        using Tensor a = kernels.FromArray(shape, []), b = kernels.Zeros(shape, MemoryCategory.Scratch);
        using Tensor ids = kernels.FromArray([]);
        using Tensor otherIds = kernels.Allocate(ids.Shape, DType.UInt32, MemoryCategory.Scratch);
        kernels.Fill(a, 1);
        kernels.Copy(a, b);
        kernels.Add(a, b);
        kernels.Copy(ids, otherIds);
        kernels.Flush();

        Assert.AreEqual(shape, b.Shape);
        Assert.IsEmpty(kernels.ToArray(b));
        Assert.IsEmpty(kernels.ToIndexArray(otherIds));
        Assert.AreEqual(messages, TestDevice.Device.ValidationMessages.Count);
    }

    /// <summary>Field case 16: values that become others on the way.</summary>
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Every_bit_survives_the_way_there_and_back(bool onDevice)
    {
        using var reference = new ReferenceKernels();
        IKernels kernels = onDevice ? TestDevice.Kernels : reference;
        uint[] patterns = onDevice ? [.. Patterns, .. Signalling] : Patterns;
        float[] values = Array.ConvertAll(patterns, BitConverter.UInt32BitsToSingle);

        using Tensor there = kernels.FromArray(Shape.Vector(values.Length), values);
        using Tensor copy = kernels.Allocate(there.Shape, MemoryCategory.Scratch);
        kernels.Copy(there, copy);

        CollectionAssert.AreEqual(patterns, Bits(kernels.ToArray(there)));
        CollectionAssert.AreEqual(patterns, Bits(kernels.ToArray(copy)));
        foreach (float value in values)
        {
            kernels.Fill(copy, value);
            Assert.IsTrue(Bits(kernels.ToArray(copy)).All(bits => bits == BitConverter.SingleToUInt32Bits(value)));
        }
    }

    private static uint[] Bits(float[] values) => Array.ConvertAll(values, BitConverter.SingleToUInt32Bits);
}
