using VkSparseGrad.ModelLoaders.Safetensors;
using VkSparseGrad.Tests.Models;
using VkSparseGrad.Tests.Text;

namespace VkSparseGrad.Tests.Cli;

/// <summary>A tiny random LLaMA with the tokenizer VOC-S, and conversations, plain text and a task in CoLA's layout for it, in a
/// folder of their own.</summary>
internal sealed class TinyLanguageTask : IDisposable
{
    public const int Layers = 3;

    private const int Documents = 24;

    private readonly TempFolder folder = new();

    public TinyLanguageTask(SafetensorsType type = SafetensorsType.F32)
    {
        foreach (string path in (string[])[Model, Texts, Chats, Cola])
            Directory.CreateDirectory(path);
        TinyLlama.WriteRandom(Model, $$"""
            {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": {{Layers}},
             "num_attention_heads": 2, "num_key_value_heads": 1, "max_position_embeddings": 96, "vocab_size": {{VocS.Tokens.Length}},
             "bos_token_id": 1, "eos_token_id": 2}
            """, type);
        using (TempFolder tokenizer = VocS.WithJson())
            File.Copy(tokenizer.File(VocS.Whole), Path.Combine(Model, VocS.Whole));
        File.WriteAllLines(Path.Combine(Texts, "train.txt"), Enumerable.Range(0, Documents).SelectMany(i => (string[])[Sentence(i), "<|endoftext|>"]));
        File.WriteAllLines(Path.Combine(Texts, "validation.txt"), Enumerable.Range(Documents, 4).SelectMany(i => (string[])[Sentence(i), "<|endoftext|>"]));
        File.WriteAllLines(Path.Combine(Chats, "train.jsonl"), Enumerable.Range(0, Documents).Select(Conversation));
        File.WriteAllLines(Path.Combine(Chats, "validation.jsonl"), Enumerable.Range(Documents, 4).Select(Conversation));
        File.WriteAllLines(Path.Combine(Cola, "train.tsv"), Enumerable.Range(0, 32).Select(Row));
        File.WriteAllLines(Path.Combine(Cola, "dev.tsv"), Enumerable.Range(32, 12).Select(Row));
    }

    public string Root => folder.Path;

    public string Model => folder.File("model");

    public string Texts => folder.File("texts");

    public string Chats => folder.File("chats");

    public string Cola => folder.File("cola");

    public string Output => folder.File("out");

    public string Adapter => Path.Combine(Output, "adapter");

    /// <summary>A complete command line of <c>train-lm</c>; further options take the place of its own.</summary>
    public string[] Train(string method, string format, params string[] more) => Line(
        "train-lm",
        [
            ("--model", Model), ("--data", format == "chat" ? Chats : Texts), ("--format", format), ("--method", method), ("--output", Output),
            ("--preliminary-steps", "3"), ("--learning-rate", "1e-2"), ("--block-size", "48"), ("--device", "llvmpipe"),
        ],
        more);

    /// <summary>One of <c>train</c> for the classes.</summary>
    public string[] Classify(string method, params string[] more) => Line(
        "train",
        [
            ("--model", Model), ("--task", "cola"), ("--data", Cola), ("--method", method), ("--output", Output),
            ("--preliminary-steps", "3"), ("--learning-rate", "1e-2"), ("--epochs", "4"), ("--device", "llvmpipe"),
        ],
        more);

    public static string[] Generate(string model, params string[] more) => Line(
        "generate", [("--model", model), ("--max-new-tokens", "12"), ("--device", "llvmpipe")], more);

    /// <summary>Asserts that nothing is there but what the test put there.</summary>
    public void AssertNothingWritten() => CollectionAssert.AreEquivalent(new[] { Model, Texts, Chats, Cola }, Directory.GetFileSystemEntries(Root));

    public void Dispose() => folder.Dispose();

    private static string[] Line(string command, (string Name, string Value)[] own, string[] more) =>
        [command, .. own.Where(option => !more.Contains(option.Name)).SelectMany(option => (string[])[option.Name, option.Value]), .. more];

    private static string Sentence(int i) => i % 2 == 0 ? "hi hi a hi hi a." : "a hi a hi a hi.";

    private static string Conversation(int i) => i % 2 == 0
        ? """{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hi a hi a."}]}"""
        : """{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "hi hi."}, {"role": "user", "content": "hi hi"}, {"role": "assistant", "content": "a."}]}""";

    // Class 1 has more of "hi" than of "a".
    private static string Row(int i) =>
        $"made\t{i % 2}\t\t{string.Join(' ', Enumerable.Range(0, 3 + i % 5).Select(word => (word + i) % 4 == 0 == (i % 2 == 0) ? "hi" : "a"))}";
}
