using System.Linq.Expressions;
using System.Reflection;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>A public field or property that stands for a column.</summary>
internal sealed class Member
{
    private readonly MemberInfo _info;

    private Member(MemberInfo info)
    {
        _info = info;
        Attributes = info.GetCustomAttributes().ToArray();
    }

    public string Name => _info.Name;

    public Type Type => _info is FieldInfo asField ? asField.FieldType : ((PropertyInfo)_info).PropertyType;

    public IReadOnlyList<Attribute> Attributes { get; }

    public TAttribute Attribute<TAttribute>()
        where TAttribute : Attribute =>
        Attributes.OfType<TAttribute>().FirstOrDefault();

    /// <summary>The members of a class that are columns: fields, then properties that can be used in that direction.</summary>
    public static IEnumerable<Member> ColumnsOf(Type userType, SchemaDefinition.Direction direction)
    {
        const BindingFlags Public = BindingFlags.Public | BindingFlags.Instance;
        var fields = userType.GetFields(Public);
        var properties = userType.GetProperties(Public).Where(property => property.GetIndexParameters().Length == 0 &&
            ((direction.HasFlag(SchemaDefinition.Direction.Read) && property.GetGetMethod() is not null) ||
                (direction.HasFlag(SchemaDefinition.Direction.Write) && property.GetSetMethod() is not null)));
        return fields.Concat<MemberInfo>(properties)
            .Select(info => new Member(info))
            .Where(member => member.Type != typeof(IChannel) && member.Attribute<NoColumnAttribute>() is null);
    }

    /// <summary>The member of that name, or null.</summary>
    public static Member FindOrNull(Type userType, string name)
    {
        MemberInfo info = userType.GetField(name);
        info ??= userType.GetProperty(name);
        return info is null ? null : new(info);
    }

    /// <summary>Whether the member holds a vector, and the raw type of its value or items.</summary>
    public (bool IsVector, Type ItemType) ItemType() => ItemTypeOf(Name, Type, Attributes);

    /// <inheritdoc cref="ItemType()"/>
    /// <param name="name">For the error.</param>
    public static (bool IsVector, Type ItemType) ItemTypeOf(string name, Type type, IEnumerable<Attribute> attributes)
    {
        var isBuffer = type.IsGenericType && type.GetGenericTypeDefinition() == typeof(VBuffer<>);
        var itemType = type.IsArray ? type.GetElementType() : isBuffer ? type.GetGenericArguments()[0] : type;
        if (itemType == typeof(string))
            itemType = typeof(ReadOnlyMemory<char>);
        Contracts.CheckParam(ColumnTypes.IsPrimitiveRawType(itemType) || DataViewTypeManager.GetOrNull(itemType, attributes) is not null,
            "rawType", $"Could not determine an IDataView type and registered custom types for member {name}");
        return (type.IsArray || isBuffer, itemType);
    }

    /// <summary>The column type that the member's type and attributes give.</summary>
    public DataViewType InferColumnType()
    {
        var (isVector, rawType) = ItemType();
        if (DataViewTypeManager.GetOrNull(rawType, Attributes) is { } custom)
            return custom;
        var itemType = ColumnTypes.PrimitiveTypeOf(rawType);
        if (Attribute<KeyTypeAttribute>() is { } key)
        {
            Contracts.CheckParam(KeyDataViewType.IsValidDataType(rawType), "userType",
                $"Member {Name} marked with KeyType attribute, but does not appear to be a valid kind of data for a key type");
            itemType = new KeyDataViewType(rawType, key.KeyCount.Count.GetValueOrDefault());
        }
        var vector = Attribute<VectorTypeAttribute>();
        Contracts.CheckParam(vector is null || isVector, "userType",
            $"Member {Name} marked with {nameof(VectorTypeAttribute)}, but does not appear to be a vector type");
        return !isVector ? itemType
            : vector?.Dimensions is { Length: > 0 } dimensions ? new VectorDataViewType(itemType, dimensions)
            : new VectorDataViewType(itemType);
    }

    public Func<TRow, TValue> CreateReader<TRow, TValue>()
    {
        var row = Expression.Parameter(typeof(TRow));
        return Expression.Lambda<Func<TRow, TValue>>(Expression.MakeMemberAccess(row, _info), row).Compile();
    }

    public Action<TRow, TValue> CreateWriter<TRow, TValue>()
    {
        var row = Expression.Parameter(typeof(TRow));
        var value = Expression.Parameter(typeof(TValue));
        var assignment = Expression.Assign(Expression.MakeMemberAccess(row, _info), value);
        return Expression.Lambda<Action<TRow, TValue>>(assignment, row, value).Compile();
    }
}
