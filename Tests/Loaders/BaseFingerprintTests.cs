using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using VkSparseGrad.Kernels;
using VkSparseGrad.ModelLoaders.Adapters;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.ModelLoaders.Safetensors;
using VkSparseGrad.Training;

namespace VkSparseGrad.Tests.Loaders;

/// <summary>An adapter on a base of the same shape that is not its own.</summary>
[TestClass]
public sealed class BaseFingerprintTests
{
    private static readonly IKernels Kernels = TestDevice.Choose(onDevice: false);

    [TestMethod]
    [DataRow(TrainingMethod.SparseGrad)]
    [DataRow(TrainingMethod.Lora)]
    [DataRow(TrainingMethod.BitFit)]
    public void Another_base_is_refused_by_both_names(TrainingMethod method)
    {
        using var adapter = new TrainedAdapter(Kernels, TrainedAdapter.Options(method));
        using var other = new TempFolder();
        SaveBase(other, new BertSaveOptions(), change: true);
        using BertCheckpoint checkpoint = BertCheckpoint.Open(other.Path, TrainedAdapter.Labels);
        ModelFolderException e = Assert.ThrowsExactly<ModelFolderException>(() => AdaptedWeights.Open(Kernels, checkpoint, adapter.Path).Dispose());
        Assert.StartsWith(adapter.Tensors + ": the adapter was trained from 'tiny-bert' (SHA-256 '", e.Message);
        Assert.Contains($"'{other.Path}' is another model (SHA-256 '", e.Message);
        Assert.DoesNotContain("\n", e.Message);
    }

    /// <summary>The same values in another file, in other element types, with another head.</summary>
    [TestMethod]
    public void The_same_values_are_the_same_base()
    {
        using var first = new KitB();
        first.Tensors["classifier.weight"] = ([3, 8], KitB.Values(24));
        first.Tensors["classifier.bias"] = ([3], new float[3]);
        first.Save(SafetensorsType.BF16);
        using BertCheckpoint narrow = BertCheckpoint.Open(first.Path, 3);
        using var wide = new TempFolder();
        HuggingFaceFolder.SaveBert(narrow, wide.Path, narrow.Read, new BertSaveOptions { WeightType = SafetensorsType.F32 });
        using BertCheckpoint same = BertCheckpoint.Open(wide.Path, 5, resetHead: true);
        Assert.AreEqual(BaseFingerprint.Of(narrow), BaseFingerprint.Of(same));
    }

    [TestMethod]
    public void The_digest_is_that_of_names_shapes_and_values()
    {
        using KitB kit = new KitB().Save();
        using BertCheckpoint checkpoint = BertCheckpoint.Open(kit.Path, 3);
        using var bytes = new MemoryStream();
        foreach (string name in checkpoint.Parameters.Select(parameter => parameter.Name).Where(name => !name.StartsWith("classifier", StringComparison.Ordinal)))
        {
            (long[] shape, float[] values) = kit.Tensors[name];
            bytes.Write(Encoding.ASCII.GetBytes(name));
            bytes.WriteByte(0);
            foreach (long number in (long[])[shape.Length, .. shape])
            {
                byte[] word = new byte[8];
                BinaryPrimitives.WriteInt64LittleEndian(word, number);
                bytes.Write(word);
            }

            bytes.Write(RawSafetensors.Bytes(values));
        }

        Assert.AreEqual(Convert.ToHexStringLower(SHA256.HashData(bytes.ToArray())), BaseFingerprint.Of(checkpoint));
    }

    /// <summary>What version 1 of the layout did not have.</summary>
    [TestMethod]
    public void An_adapter_without_a_fingerprint_opens_with_a_warning()
    {
        using var adapter = new TrainedAdapter(Kernels, TrainingScope.Mlp);
        using TempFolder copy = adapter.Copy();
        string path = copy.File("adapter_model.safetensors");
        byte[] file = File.ReadAllBytes(path);
        int at = Encoding.Latin1.GetString(file).IndexOf("base_sha256", StringComparison.Ordinal);
        "other_words"u8.CopyTo(file.AsSpan(at));
        File.WriteAllBytes(path, file);
        using BertCheckpoint checkpoint = TrainedAdapter.OpenBase();
        using AdaptedWeights adapted = AdaptedWeights.Open(Kernels, checkpoint, copy.Path);
        Assert.Contains("does not say by a fingerprint what base it was trained from", adapted.Warning!);
    }

    private static void SaveBase(TempFolder folder, BertSaveOptions options, bool change)
    {
        using BertCheckpoint checkpoint = TrainedAdapter.OpenBase();
        HuggingFaceFolder.SaveBert(
            checkpoint, folder.Path,
            (name, values) =>
            {
                checkpoint.Read(name, values);
                if (change && name == "bert.encoder.layer.1.output.LayerNorm.bias")
                    values[^1] = MathF.BitIncrement(values[^1]);
            },
            options);
    }
}
