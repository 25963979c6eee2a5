using VkSparseGrad.Tensors;

namespace VkSparseGrad.Tests.Kernels;

[TestClass]
public sealed class HostBufferTests
{
    [TestMethod]
    [DataRow(0), DataRow(1), DataRow(1000)]
    public unsafe void It_has_as_many_elements_as_asked_for_from_a_cache_line_on(int length)
    {
        using var buffer = new HostBuffer<float>(length);
        buffer.Span.Fill(3);
        Assert.AreEqual(length, buffer.Span.Length);
        Assert.AreEqual(0, (nint)buffer.Pointer % CacheLines.Bytes);
    }

    [TestMethod]
    public void What_is_freed_is_not_read()
    {
        var buffer = new HostBuffer<uint>(5);
        buffer.Dispose();
        buffer.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => buffer.Span.Length);
    }

    [TestMethod]
    public void Lengths_that_cannot_be_are_refused()
    {
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new HostBuffer<float>(-1));
        Assert.ThrowsExactly<OverflowException>(() => new HostBuffer<double>(long.MaxValue));
    }
}
