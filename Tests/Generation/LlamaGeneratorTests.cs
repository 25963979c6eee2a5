using VkSparseGrad.Generation;
using VkSparseGrad.Kernels.Reference;
using VkSparseGrad.Kernels.Vulkan;
using VkSparseGrad.Models.Llama;
using VkSparseGrad.Tests.Models;

namespace VkSparseGrad.Tests.Generation;

[TestClass]
public sealed class LlamaGeneratorTests
{
    /// <summary>Field case 89: before the device is used, and the text is as it was.</summary>
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void What_does_not_fit_is_refused_and_changes_nothing(bool onDevice)
    {
        using LlamaLanguageModel model = TinyLlama.Load(TestDevice.Choose(onDevice));
        using LlamaGenerator generator = new(model, 6), other = new(model, 6);
        generator.Append([1, 5, 9, 96]);

        Refused([97], "Token id 97 is not in the model's table of 97 words");
        Refused([5, -1], "Token id -1");
        Refused([], "A sequence has 0 tokens; the model takes 1 to 2");
        Refused([1, 2, 3], "A sequence has 3 tokens; the model takes 1 to 2");
        Assert.AreEqual(4, generator.Length);

        CollectionAssert.AreEqual(other.Append([1, 5, 9, 96, 7, 8]), generator.Append([7, 8]), new Near(1e-5f));
        Refused([1], "the model takes 1 to 0");

        void Refused(int[] ids, string message) =>
            Assert.Contains(message, Assert.ThrowsExactly<ArgumentException>(() => generator.Append(ids)).Message);
    }

    [TestMethod]
    public void A_capacity_beyond_the_models_positions_is_refused()
    {
        using var kernels = new ReferenceKernels();
        using LlamaLanguageModel model = TinyLlama.Load(kernels);
        long before = kernels.CurrentMemory.Total;
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new LlamaGenerator(model, 0));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new LlamaGenerator(model, 65));
        using (var generator = new LlamaGenerator(model, 64))
        {
            Assert.AreEqual(64, generator.Capacity);
            generator.Append([.. Enumerable.Range(0, 64)]);
        }

        // Tables of the rotary embedding stay the model's.
        Assert.IsInRange(before, before + 64 * 8 * sizeof(float), kernels.CurrentMemory.Total);
    }

    /// <summary>A long text keeps its keys and values, and nothing else.</summary>
    [TestMethod]
    public void Memory_does_not_grow_with_the_text()
    {
        using var kernels = new VulkanKernels(TestDevice.Device);
        using LlamaLanguageModel model = TinyLlama.Load(kernels);
        using var generator = new LlamaGenerator(model, 60);
        generator.Append([.. Enumerable.Range(1, 33)]);
        long early = kernels.CurrentMemory.Total;
        for (int i = 0; i < 27; i++)
            generator.Append([i]);
        Assert.AreEqual(early, kernels.CurrentMemory.Total);
    }

    private sealed class Near(float limit) : System.Collections.IComparer
    {
        public int Compare(object? x, object? y) => Math.Abs((float)x! - (float)y!) <= limit ? 0 : ((float)x).CompareTo((float)y);
    }
}
