with units as (

    select * from {{ ref('int_units_unioned') }}

),

successions as (

    select * from {{ ref('int_unit_successions_followed') }}

),

blocs as (

    select unit_bloc_code, unit_bloc_name, is_ranked, display_order from {{ ref('unit_blocs') }}

)

select
    units.authority_code,
    units.unit_code,
    units.unit_name,
    units.unit_short_name,
    units.unit_bloc_code,
    blocs.unit_bloc_name,
    blocs.is_ranked as is_ranked_bloc,
    blocs.display_order as bloc_display_order,
    units.parent_unit_code,
    units.is_registered,
    units.valid_from_date,
    units.valid_to_date,
    units.existed_from_date,
    case when successions.current_unit_code <> units.unit_code then successions.current_unit_code end as successor_unit_code,
    case when successions.current_unit_code <> units.unit_code then successors.unit_name end as successor_unit_name,
    successions.succession_status_code,
    case successions.succession_status_code
        when 'divided' then 'Không có đơn vị kế thừa duy nhất'
        when 'moved_away' then 'Đơn vị kế thừa thuộc địa phương khác'
        when 'ended' then 'Kết thúc, danh mục không nêu đơn vị kế thừa'
        when 'succeeded' then 'Đã chuyển toàn bộ sang đơn vị kế thừa'
        else 'Đang hoạt động'
    end as succession_text
from units
left join blocs on units.unit_bloc_code = blocs.unit_bloc_code
left join successions on units.authority_code = successions.authority_code and units.unit_code = successions.unit_code
left join units as successors
    on successions.authority_code = successors.authority_code and successions.current_unit_code = successors.unit_code
