using System.CommandLine;

namespace VkSparseGrad.Cli.Compare;

/// <summary>A command line as a shell takes it.</summary>
internal static class CommandText
{
    public static string Of(ParseResult result) => "vksparsegrad " + string.Join(' ', result.Tokens.Select(token => Quoted(token.Value)));

    private static string Quoted(string word) => word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "-_./:,=+@%\\".Contains(c))
        ? word
        : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
