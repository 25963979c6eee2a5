using System.Text;
using CsCheck;
using VkSparseGrad.ModelLoaders.Datasets;

namespace VkSparseGrad.Tests.Text;

[TestClass]
public sealed class TsvProperties
{
    // Everything that other readers treat as special, but TAB and LF.
    private static readonly Gen<string> Cell = Gen.OneOf(
        Gen.Int[0, 8].Select(index => "\"',;\\#\r \u2028"[index]),
        Gen.Char['a', 'z']).Array[0, 6].Select(characters => new string(characters));

    // A first cell that is not blank keeps the row from being a blank line, a last one without CR from losing it.
    private static readonly Gen<string[][]> Table = Cell.Array[0, 4].Select(cells => (string[])["a" + cells.FirstOrDefault(), .. cells.Skip(1), "z"]).Array[0, 8];

    [TestMethod]
    public void Tables_survive_writing_and_reading() =>
        Gen.Select(Table, Gen.Bool, Gen.Bool).Sample((table, windows, final) =>
        {
            var newLine = windows ? "\r\n" : "\n";
            var content = string.Join(newLine, table.Select(row => string.Join('\t', row))) + (final ? newLine : "");

            var rows = TsvReader.Rows(Encoding.UTF8.GetBytes(content), "table").ToArray();

            return rows.Select(row => row.Line).SequenceEqual(Enumerable.Range(1, table.Length))
                && rows.Zip(table).All(both => both.First.Cells.SequenceEqual(both.Second));
        });
}
