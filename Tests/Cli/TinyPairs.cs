using System.Globalization;

namespace VkSparseGrad.Tests.Cli;

/// <summary>Tiny files of GLUE's pair tasks, which words alone decide, in the benchmark's layouts.</summary>
internal static class TinyPairs
{
    private const string MnliColumns = "index\tpromptID\tpairID\tgenre\tsentence1_binary_parse\tsentence2_binary_parse\tsentence1_parse\tsentence2_parse\tsentence1\tsentence2";
    private const string StsbColumns = "index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2";

    private static readonly string[] Words = ["entailment", "neutral", "contradiction"];

    /// <summary>The five files of MNLI; the mismatched ones have other words.</summary>
    public static void WriteMnli(TinyTask task)
    {
        task.WriteData("train.tsv", [MnliColumns + "\tlabel1\tgold_label", .. Enumerable.Range(0, 48).Select(row => $"{Mnli(row)}\tneutral\t{Words[row % 3]}")]);
        foreach ((string name, int first) in (ReadOnlySpan<(string, int)>)[("matched", 50), ("mismatched", 91)])
        {
            task.WriteData(
                $"dev_{name}.tsv",
                [
                    MnliColumns + "\tlabel1\tlabel2\tlabel3\tlabel4\tlabel5\tgold_label",
                    .. Enumerable.Range(first, 17).Select(row => $"{Mnli(row)}\tneutral\tneutral\tneutral\tneutral\tneutral\t{Words[row % 3]}"),
                    $"{Mnli(0)}\tneutral\tneutral\tneutral\tneutral\tneutral\t-",
                ]);
            task.WriteData($"test_{name}.tsv", [MnliColumns, .. Enumerable.Range(first, 5).Select(Mnli)]);
        }
    }

    /// <summary>The three files of STS-B.</summary>
    public static void WriteStsb(TinyTask task)
    {
        task.WriteData("train.tsv", [StsbColumns + "\tscore", .. Enumerable.Range(0, 48).Select(row => $"{Stsb(row)}\t{Score(row)}")]);
        task.WriteData("dev.tsv", [StsbColumns + "\tscore", .. Enumerable.Range(48, 18).Select(row => $"{Stsb(row)}\t{Score(row)}")]);
        task.WriteData("test.tsv", [StsbColumns, .. Enumerable.Range(70, 5).Select(Stsb)]);
    }

    /// <summary>A row without its labels; its words are of its class, one of three.</summary>
    private static string Mnli(int row) => $"{row}\t{row}\t{row}c\tfiction\t( )\t( )\t()\t()\t{Text(row, 0, 30 * (row % 3), 30)}\t{Text(row, 3, 30 * (row % 3), 30)}";

    /// <summary>A row without its score; the higher that is, the later its words stand in the vocabulary.</summary>
    private static string Stsb(int row) => $"{row}\tmain\tMSRvid\t2012\t{row:D4}\tnone\tnone\t{Text(row, 0, 16 * (row % 6), 12)}\t{Text(row, 3, 16 * (row % 6), 12)}";

    private static string Score(int row) => (row % 6 * 0.95 + row % 2 * 0.25).ToString(CultureInfo.InvariantCulture);

    private static string Text(int row, int shift, int first, int count) =>
        string.Join(' ', Enumerable.Range(shift, 2 + row % 3).Select(i => TinyTask.Word(first + (row * 7 + i * 11) % count)));
}
