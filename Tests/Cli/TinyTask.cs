namespace VkSparseGrad.Tests.Cli;

/// <summary>A tiny BERT and a tiny task in CoLA's layout that words alone decide, in a folder of their own.</summary>
internal sealed class TinyTask : IDisposable
{
    private const int VocabularySize = 97;
    private const int SpecialTokens = 5;

    private readonly TempFolder folder = new();

    public TinyTask(int trainRows = 48, int devRows = 16)
    {
        Directory.CreateDirectory(Model);
        Directory.CreateDirectory(Data);
        foreach (string file in (string[])["config.json", "model.safetensors"])
            File.Copy(Path.Combine(AppContext.BaseDirectory, "golden", "tiny-bert-classify", file), Path.Combine(Model, file));
        string[] words = [.. Enumerable.Range(0, VocabularySize - SpecialTokens).Select(Word)];
        File.WriteAllText(Path.Combine(Model, "vocab.txt"), string.Join('\n', (string[])["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", .. words]) + "\n");
        File.WriteAllLines(Path.Combine(Data, "train.tsv"), Rows(0, trainRows));
        File.WriteAllLines(Path.Combine(Data, "dev.tsv"), Rows(trainRows, devRows));
    }

    public string Root => folder.Path;

    public string Model => folder.File("model");

    public string Data => folder.File("data");

    public string Output => folder.File("out");

    /// <summary>A word of the vocabulary, from 0 to 91.</summary>
    public static string Word(int index) => $"{(char)('a' + index / 10)}{(char)('a' + index % 10)}";

    /// <summary>A complete command line; further options behind it take the place of its own.</summary>
    public string[] Train(string method, params string[] more)
    {
        (string Name, string Value)[] own =
        [
            ("--model", Model), ("--task", "cola"), ("--data", Data), ("--method", method), ("--output", Output),
            ("--preliminary-steps", "3"), ("--learning-rate", "1e-2"), ("--device", "llvmpipe"),
        ];
        return
        [
            "train", "--reset-head",
            .. own.Where(option => !more.Contains(option.Name)).SelectMany(option => (string[])[option.Name, option.Value]),
            .. more,
        ];
    }

    /// <summary>A complete command line of <c>evaluate</c> or <c>predict</c> for the model that training wrote.</summary>
    public string[] Infer(string command, string glueTask, params string[] more)
    {
        (string Name, string Value)[] own = [("--model", Output), ("--task", glueTask), ("--data", Data), ("--device", "llvmpipe")];
        return [command, .. own.Where(option => !more.Contains(option.Name)).SelectMany(option => (string[])[option.Name, option.Value]), .. more];
    }

    /// <summary>Writes a file of the data folder.</summary>
    public void WriteData(string name, IEnumerable<string> lines) => File.WriteAllLines(Path.Combine(Data, name), lines);

    /// <summary>Asserts that nothing is there but what the test put there.</summary>
    public void AssertNothingWritten() =>
        CollectionAssert.AreEquivalent(new[] { Model, Data }, Directory.GetFileSystemEntries(Root));

    public void Dispose() => folder.Dispose();

    // Words below 40 are of class 0, words from 40 on of class 1.
    private static IEnumerable<string> Rows(int first, int count) => Enumerable.Range(first, count).Select(row =>
    {
        int label = row % 2;
        IEnumerable<string> words = Enumerable.Range(0, 3 + row % 4).Select(i => Word(40 * label + (row * 7 + i * 11) % 40));
        return $"made\t{label}\t\t{string.Join(' ', words)}";
    });
}
