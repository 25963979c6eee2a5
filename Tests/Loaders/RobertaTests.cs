using System.Text.Json;
using VkSparseGrad.Kernels;
using VkSparseGrad.Kernels.Reference;
using VkSparseGrad.ModelLoaders.Adapters;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.Models;
using VkSparseGrad.Tests.Devices;
using VkSparseGrad.Tests.Models;
using VkSparseGrad.Training;

namespace VkSparseGrad.Tests.Loaders;

/// <summary>RoBERTa's names, positions and head: what differs from BERT. Its numbers are those of the golden model's tests.</summary>
[TestClass]
public sealed class RobertaTests
{
    private static readonly TokenizedExample[] Sequences = [new([0, 5, 6, 2], [0, 0, 0, 0], null), new([0, 7, 2], [0, 0, 0], null)];

    [TestMethod]
    public void With_and_without_the_prefix_it_is_the_same_model()
    {
        using KitB prefixed = Kit().Save(), bare = Kit().Rename(name => name["roberta.".Length..]).Save();

        CollectionAssert.AreEqual(Logits(prefixed), Logits(bare));
    }

    [TestMethod]
    public void Another_models_names_are_refused()
    {
        using KitB kit = Kit().Rename(name => name.Replace("roberta.", "bert.", StringComparison.Ordinal)).Save();

        ModelFolderException error = Assert.ThrowsExactly<ModelFolderException>(() => BertCheckpoint.Open(kit.Path, 2));

        Assert.Contains("'roberta.embeddings.word_embeddings.weight' is missing (37 of the trunk's 37 weights are)", error.Message);
        Assert.Contains("which is not a RoBERTa's", error.Message);
    }

    /// <summary>Field case: the head is dense, tanh, out_proj on the first token, and a pooler is not asked for and not used.</summary>
    [TestMethod]
    public void A_pooler_in_the_file_changes_nothing()
    {
        using KitB without = Kit().Save(), with = Kit();
        with.Tensors["roberta.pooler.dense.weight"] = ([8, 8], [.. Enumerable.Repeat(1e6f, 64)]);
        with.Save();
        using BertCheckpoint checkpoint = BertCheckpoint.Open(without.Path, 2);
        using BertCheckpoint pooled = BertCheckpoint.Open(with.Path, 2);

        CollectionAssert.AreEqual(Logits(without), Logits(with));
        CollectionAssert.AreEqual(
            new[] { "classifier.dense.weight", "classifier.dense.bias", "classifier.out_proj.weight", "classifier.out_proj.bias" },
            checkpoint.NewlyInitialized.ToArray());
        CollectionAssert.AreEqual(new[] { "roberta.pooler.dense.weight" }, pooled.Ignored.ToArray());
    }

    /// <summary>Field case: positions begin behind that of padding, and so many fewer tokens fit.</summary>
    [TestMethod]
    public void Positions_begin_behind_padding()
    {
        using KitB kit = Kit().Save(), other = Kit();
        other.Tensors["roberta.embeddings.position_embeddings.weight"].Values.AsSpan(0, 2 * 8).Fill(1e6f);
        other.Save();
        BertConfig config = BertConfigFile.Read(kit.Path);
        int[] tooLong = new int[17];

        CollectionAssert.AreEqual(Logits(kit), Logits(other));
        Assert.AreEqual(16, config.LongestSequence);
        using var kernels = new ReferenceKernels();
        ArgumentException error = Assert.ThrowsExactly<ArgumentException>(
            () => PackedBatch.Create(kernels, config, [new TokenizedExample(tooLong, tooLong, null)]));
        Assert.Contains("17 tokens; the model takes 1 to 16", error.Message);
        File.WriteAllText(kit["config.json"], Config.Replace("\"pad_token_id\": 1", "\"pad_token_id\": 17", StringComparison.Ordinal));
        Assert.Contains(
            "max_position_embeddings 18 leaves no position behind that of pad_token_id 17",
            Assert.ThrowsExactly<ModelFolderException>(() => BertConfigFile.Read(kit.Path)).Message);
    }

    /// <summary>Padding that stands in a text has the position of padding, and what follows goes on as if it were not there.</summary>
    [TestMethod]
    public void Padding_in_a_text_has_no_place()
    {
        using KitB kit = Kit().Save();
        using var kernels = new ReferenceKernels();
        BertConfig config = BertConfigFile.Read(kit.Path);

        using PackedBatch batch = PackedBatch.Create(kernels, config, [new([0, 5, 1, 6, 1, 1, 2], new int[7], null)]);

        CollectionAssert.AreEqual(new uint[] { 2, 3, 1, 4, 1, 1, 5 }, kernels.ToIndexArray(batch.Positions.Tensor));
    }

    [TestMethod]
    [DataRow(TrainingMethod.Full)]
    [DataRow(TrainingMethod.SparseGrad)]
    [DataRow(TrainingMethod.Lora)]
    [DataRow(TrainingMethod.MeProp)]
    public void Trained_and_saved_it_comes_back(TrainingMethod method)
    {
        using var kernels = new ReferenceKernels();
        using var output = new TempFolder();
        using BertCheckpoint checkpoint = OpenGolden();
        using var model = new BertClassifier(kernels, checkpoint.Config, checkpoint);
        TrainingOptions options = TrainedAdapter.Options(method);
        using (var trainer = new Trainer(model, [.. TinyBert.Examples(12).Select(ForTwoClasses)], options))
        {
            trainer.Run();
        }

        float[] trained = Logits(model);
        HuggingFaceFolder.SaveBert(checkpoint, output.File("merged"), model.ReadWeight);
        using BertCheckpoint merged = BertCheckpoint.Open(output.File("merged"), 2);
        AssertClose(trained, Logits(kernels, merged.Config, merged));
        using JsonDocument config = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(merged.Folder, "config.json")));
        Assert.AreEqual("RobertaForSequenceClassification", config.RootElement.GetProperty("architectures")[0].GetString());

        if (method != TrainingMethod.Full)
        {
            Adapter.Save(output.File("adapter"), model, checkpoint, "tiny-roberta", "cola", options);
            using BertCheckpoint again = OpenGolden();
            using AdaptedWeights adapted = AdaptedWeights.Open(kernels, again, output.File("adapter"));
            AssertClose(trained, Logits(kernels, again.Config, adapted));
        }
    }

    private const string Config = """
        {"model_type": "roberta", "hidden_act": "gelu", "hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2,
         "intermediate_size": 16, "vocab_size": 20, "max_position_embeddings": 18, "type_vocab_size": 2, "pad_token_id": 1,
         "layer_norm_eps": 1e-5}
        """;

    private static KitB Kit()
    {
        KitB kit = new KitB().Rename(name => name.Contains("pooler", StringComparison.Ordinal) ? null : "roberta." + name["bert.".Length..]);
        kit.Tensor("roberta.embeddings.position_embeddings.weight", 18, 8);
        File.WriteAllText(kit["config.json"], Config);
        return kit;
    }

    private static BertCheckpoint OpenGolden() =>
        BertCheckpoint.Open(Path.Combine(AppContext.BaseDirectory, "golden", "tiny-roberta-classify"), labels: 2);

    private static TokenizedExample ForTwoClasses(TokenizedExample example) =>
        new(example.Ids, new int[example.Ids.Length], example.Label is null ? null : (int)example.Label % 2);

    private static float[] Logits(KitB kit)
    {
        using var kernels = new ReferenceKernels();
        using BertCheckpoint checkpoint = BertCheckpoint.Open(kit.Path, 2);
        return Logits(kernels, checkpoint.Config, checkpoint);
    }

    private static float[] Logits(IKernels kernels, BertConfig config, IWeightSource weights)
    {
        using var model = new BertClassifier(kernels, config, weights);
        return Logits(model);
    }

    private static float[] Logits(BertClassifier model) => [.. Evaluation.Logits(model, Sequences).SelectMany(row => row)];

    private static void AssertClose(float[] expected, float[] values) =>
        Assert.IsLessThan(1e-6, Closeness.RelativeError(values, Array.ConvertAll(expected, value => (double)value)));
}
