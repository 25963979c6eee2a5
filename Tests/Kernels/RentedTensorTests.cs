using System.Runtime.CompilerServices;
using VkSparseGrad.Kernels;
using VkSparseGrad.Kernels.Vulkan;
using VkSparseGrad.Models;
using VkSparseGrad.SparseGrad;
using VkSparseGrad.Tensors;
using VkSparseGrad.Tests.Devices;
using VkSparseGrad.Training;

namespace VkSparseGrad.Tests.Kernels;

/// <summary>Tensors whose objects serve again.</summary>
[TestClass]
public sealed class RentedTensorTests
{
    [TestMethod]
    public void An_object_comes_back_as_another_tensor()
    {
        using var device = new WatchedDevice();
        IKernels kernels = device.Kernels;
        Tensor first = kernels.Rent(new Shape(3, 5), MemoryCategory.Activations);
        kernels.Fill(first, 1);
        first.Dispose();

        Tensor second = kernels.Rent(new Shape(1, 2), DType.UInt32, MemoryCategory.Scratch);
        kernels.Upload([7u, 8u], second);

        Assert.AreSame(first, second);
        Assert.AreEqual((new Shape(1, 2), DType.UInt32, MemoryCategory.Scratch), (second.Shape, second.Type, second.Category));
        CollectionAssert.AreEqual(new uint[] { 7, 8 }, kernels.ToIndexArray(second));
        second.Dispose();
        Assert.AreEqual(0, kernels.CurrentMemory[MemoryCategory.Activations]);
    }

    [TestMethod]
    public void One_that_was_given_back_can_neither_be_used_nor_given_back_again()
    {
        IKernels kernels = TestDevice.Kernels;
        Tensor rented = kernels.Rent(Shape.Vector(3), MemoryCategory.Scratch);
        rented.Dispose();

        Assert.ThrowsExactly<ObjectDisposedException>(() => kernels.Fill(rented, 1));
        Assert.ThrowsExactly<InvalidOperationException>(rented.Dispose);

        using Tensor allocated = kernels.Allocate(Shape.Vector(3), MemoryCategory.Scratch);
        allocated.Dispose(); // and once more at the end
    }

    [TestMethod]
    public void A_part_shares_the_memory_of_its_whole_and_ends_with_it()
    {
        using var device = new WatchedDevice();
        IKernels kernels = device.Kernels;
        Tensor whole = kernels.RentFrom(Shape.Vector(66), [.. Enumerable.Range(0, 66).Select(i => (float)i)]);
        long bytes = kernels.CurrentMemory.Total;
        Tensor part = kernels.RentPart(whole, IKernels.PartAlignment, 2);

        CollectionAssert.AreEqual(new float[] { 64, 65 }, kernels.ToArray(part));
        Assert.AreEqual(bytes, kernels.CurrentMemory.Total);
        whole.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => kernels.Fill(part, 1));
        part.Dispose();

        // The object of a part as a tensor with memory of its own.
        using Tensor next = kernels.RentFrom(Shape.Vector(2), [3, 4]);
        CollectionAssert.AreEqual(new float[] { 3, 4 }, kernels.ToArray(next));
    }

    /// <summary>Also one whose object has served before.</summary>
    [TestMethod]
    public void The_memory_of_one_that_was_dropped_comes_back()
    {
        using var device = new WatchedDevice();
        VulkanKernels kernels = device.Kernels;
        Drop(kernels);
        GC.Collect();
        GC.WaitForPendingFinalizers();

        kernels.Rent(Shape.Vector(1), MemoryCategory.Scratch).Dispose(); // which looks for what was dropped

        Assert.AreEqual(0, kernels.CurrentMemory[MemoryCategory.Activations]);
    }

    /// <summary>Its moments and coordinates are rented from the first refresh on.</summary>
    [TestMethod]
    public void A_trained_model_may_be_disposed_twice()
    {
        BertClassifier model = TinyBert.Load(TestDevice.Kernels);
        using (var trainer = new Trainer(model, TinyBert.Examples(8), TinyBert.Options(TrainingMethod.SparseGrad) with
        {
            Epochs = 2, Selection = Selection.AmongCoordinates(CoordinateCount.Share(1.0 / 8), 1),
        }))
        {
            trainer.Run();
        }

        model.Dispose();
        model.Dispose();
    }

    [TestMethod]
    public void A_batch_that_was_refused_leaves_the_next_one_right()
    {
        using BertClassifier model = TinyBert.Load(TestDevice.Kernels);
        TokenizedExample[] examples = TinyBert.Examples(5);
        float[][] expected = Evaluation.Logits(model, examples);

        Assert.ThrowsExactly<ArgumentException>(() => Evaluation.Logits(model, [examples[0], new([1, 97], [0, 0], null)]));

        float[][] again = Evaluation.Logits(model, examples);
        for (int i = 0; i < examples.Length; i++)
        {
            CollectionAssert.AreEqual(expected[i], again[i]);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Drop(IKernels kernels)
    {
        kernels.Rent(Shape.Vector(5), MemoryCategory.Activations).Dispose();
        kernels.Rent(Shape.Vector(9), MemoryCategory.Activations);
    }
}
