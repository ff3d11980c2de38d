using Microsoft.ML.Conformer.Tests.Data.Images;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.Conformer.Tests.Data.Reading;

/// <summary>
/// A row of an <see cref="ImageRowsView"/>.
/// </summary>
/// <param name="Label">Raw key: 0 is missing, classes begin at 1.</param>
/// <param name="Image">What the getter makes of the consumer's last value; it may throw.</param>
/// <param name="Path">Text in the column ImagePath.</param>
internal sealed record ImageRowSource(uint Label, Func<MLImage?, MLImage?> Image, string Path = "");

/// <summary>
/// A data view with the columns Image, Label (a key) and ImagePath, whose image getters do what a test tells them: to show what becomes of
/// pipelines that fail, return nothing, or leave the last value in place.
/// </summary>
internal sealed class ImageRowsView : IDataView
{
    private readonly IReadOnlyList<ImageRowSource> _rows;

    public ImageRowsView(IReadOnlyList<ImageRowSource> rows, int classes = 10)
    {
        _rows = rows;
        var schema = new DataViewSchema.Builder();
        schema.AddColumn("Image", new ImageDataViewType());
        schema.AddColumn("Label", new KeyDataViewType(typeof(uint), classes));
        schema.AddColumn("ImagePath", TextDataViewType.Instance);
        Schema = schema.ToSchema();
    }

    public bool CanShuffle => false;

    public DataViewSchema Schema { get; }

    public long? GetRowCount() => _rows.Count;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null) => new Cursor(this);

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) =>
        [GetRowCursor(columnsNeeded, rand)];

    /// <summary>Rows of new images of their own, 20 + i pixels wide, in two classes.</summary>
    public static List<ImageRowSource> Good(int count) => [.. Enumerable.Range(0, count).Select(GoodRow)];

    private static ImageRowSource GoodRow(int i) => new((uint)(1 + i % 2), _ => FormulaImage.MLImage(20 + i, 20, i), $"{i}.jpg");

    private sealed class Cursor(ImageRowsView view) : DataViewRowCursor
    {
        private int _position = -1;

        public override long Position => _position;

        public override long Batch => 0;

        public override DataViewSchema Schema => view.Schema;

        public override bool MoveNext() => ++_position < view._rows.Count;

        public override bool IsColumnActive(DataViewSchema.Column column) => true;

        public override ValueGetter<DataViewRowId> GetIdGetter() => (ref id) => id = new DataViewRowId((ulong)_position, 0);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            Delegate getter = column.Name switch
            {
                "Image" => (ValueGetter<MLImage?>)((ref image) => image = view._rows[_position].Image(image)),
                "Label" => (ValueGetter<uint>)((ref label) => label = view._rows[_position].Label),
                _ => (ValueGetter<ReadOnlyMemory<char>>)((ref path) => path = view._rows[_position].Path.AsMemory()),
            };
            return (ValueGetter<TValue>)getter;
        }
    }
}
